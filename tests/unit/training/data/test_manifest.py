"""The manifest: no group on both sides, no unknown label or licence, and every label put to its own use."""

import csv
from pathlib import Path

import numpy as np
import pytest

from training.data import licences
from training.data.manifest import (
    BED_LABEL,
    LABELS,
    MANIFEST,
    RIR_LABEL,
    Clip,
    is_trained_on_manifest,
    load_manifest,
    manifest_sha256,
    straddling_groups,
)
from training.data.recordings import GATED_DATASETS, load_audio, room_noise, ungated
from training.data.sources import sources_table

needs_recordings = pytest.mark.skipif(
    not MANIFEST.exists(), reason="the shared recordings are not here (BABYCRYD_SHARED)"
)
HEADER = "path,label,split,group,dataset,note,licence,native_rate_hz,duration_s,yamnet_baby_cry_max,yamnet_crying_max\n"


def clip(group: str, split: str) -> Clip:
    return Clip("a.flac", "cry", split, group, "set", "", "CC BY-SA 4.0", 1.0, 0.0)


def written(folder: Path, *rows: str) -> Path:
    path = folder / "manifest.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_group_on_both_sides_is_named() -> None:
    assert straddling_groups([clip("baby1", "train"), clip("baby1", "val"), clip("baby2", "val")]) == {"baby1"}


def test_a_straddling_manifest_is_refused(tmp_path: Path) -> None:
    rows = [f"{side}.flac,cry,{side},baby1,set,,CC BY-SA 4.0,16000,1.0,0.9,0.8" for side in ("train", "val")]
    with pytest.raises(ValueError, match="both sides of the split: baby1"):
        load_manifest(written(tmp_path, *rows))


def test_a_licence_that_forbids_training_keeps_the_clip_out(tmp_path: Path) -> None:
    rows = ["a.flac,neg,train,g1,set,,CC BY-NC 3.0,16000,1.0,,", "b.flac,neg,train,g2,set,,CC BY-SA 4.0,16000,1.0,,"]
    assert [one.path for one in load_manifest(written(tmp_path, *rows))] == ["b.flac"]


def test_an_unknown_licence_is_refused_with_the_clip_and_the_remedy(tmp_path: Path) -> None:
    path = written(tmp_path, "sets/a.flac,neg,train,g1,set,,Beerware,16000,1.0,,")
    with pytest.raises(ValueError, match=r"sets/a\.flac: unknown licence 'Beerware'; read .*licences\.py"):
        load_manifest(path)


def test_an_unknown_label_is_refused_with_the_clip_and_the_remedy(tmp_path: Path) -> None:
    path = written(tmp_path, "sets/a.flac,song,train,g1,set,,CC0,16000,1.0,,")
    with pytest.raises(ValueError, match=r"sets/a\.flac: unknown label 'song'; correct it"):
        load_manifest(path)


def test_an_unknown_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.flac: unknown split 'test'; write one of train, val"):
        load_manifest(written(tmp_path, "a.flac,neg,test,g1,set,,CC0,16000,1.0,,"))


def test_no_licence_both_permits_and_forbids() -> None:
    assert not licences.PERMITTING.keys() & licences.FORBIDDING.keys()


@pytest.mark.parametrize(
    ("dataset", "label", "note", "kind"),
    [
        ("esc50_partial", "neg", "door_wood_creaks", "door_wood_creaks"),
        ("animal_talk", "neg", "cat yowl 1", "cat"),
        ("animal_talk", "neg", "dog happy panting 1", "dog"),
        ("animal_talk", "neg", "guinea pig wheek 1", "guinea_pig"),
        ("ovos_bigsoundbank", "neg", "animal sheep", "sheep"),
        ("lomiri_sounds", "neg", "ringtone/alarm Blip", "ringtone"),
        ("voxelibre_mobs", "neg", "mobs_mc_zombie_hurt", "game_mob"),
        ("opensfx", "neg", '"Wind". Original "wind1.wav"', "sound_effect"),
        ("cmu_arctic", "neg", "read speech", "speech"),
        ("spatialaudio", "neg", "male speech", "speech"),
        ("spatialaudio", "rir", "seminar room, hand measured with a clap", "room"),
        ("blanket", "bed", "coffee-shop", "coffee_shop"),
        ("blanket", "bed", "fireplace", "crackling_fire"),
        ("speech_commands_noise", "bed", "doing the dishes", "doing_the_dishes"),
        ("librosa_data", "neg", "", "librosa_data"),
    ],
)
def test_a_kind_says_what_sounds(dataset: str, label: str, note: str, kind: str) -> None:
    assert Clip("a", label, "train", "g", dataset, note, "CC0", 1.0, 0.0).kind == kind


def test_a_gated_pause_gets_a_quiet_rooms_noise_and_the_cry_stays() -> None:
    cry = np.zeros(32_000, np.float32)
    cry[:16_000] = 0.5
    heard = ungated("corvin_22babies/a.ogg", cry)
    assert -60 < 20 * np.log10(np.std(heard[16_000:])) < -43
    assert np.abs(heard - cry).max() < 0.05
    assert np.array_equal(heard, ungated("corvin_22babies/a.ogg", cry))
    assert not np.array_equal(heard, ungated("corvin_22babies/b.ogg", cry))


def test_room_noise_has_the_wanted_level() -> None:
    noise = room_noise(np.random.default_rng(0), 16_001, -50.0)
    assert 20 * np.log10(np.std(noise)) == pytest.approx(-50, abs=0.1)


@needs_recordings
def test_every_row_of_the_real_manifest_is_read_or_kept_out_by_its_licence() -> None:
    with MANIFEST.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    loaded = load_manifest()
    assert {row["path"] for row in rows if row["licence"] not in licences.FORBIDDING} == {one.path for one in loaded}
    assert {one.label for one in loaded} <= LABELS
    assert {BED_LABEL, RIR_LABEL} <= {one.label for one in loaded}


@needs_recordings
def test_the_real_manifest_splits_by_group() -> None:
    clips = load_manifest()
    assert {one.split for one in clips} == {"train", "val"}
    assert not straddling_groups(clips)


@needs_recordings
def test_a_model_is_known_by_the_manifest_that_it_was_trained_on() -> None:
    assert is_trained_on_manifest({"manifest_sha256": manifest_sha256()})
    assert not is_trained_on_manifest({"manifest_sha256": "of another one"})
    assert not is_trained_on_manifest({})


@needs_recordings
def test_kinds_are_short_words() -> None:
    assert all(one.kind.replace("_", "").isalnum() for one in load_manifest())


@needs_recordings
def test_a_clip_loads_as_long_as_the_manifest_says() -> None:
    first = load_manifest()[0]
    assert len(load_audio(first.path)) == pytest.approx(first.duration_s * 16000, abs=200)


@needs_recordings
def test_no_pause_of_a_gated_recording_is_quieter_than_a_room() -> None:
    gated = [one for one in load_manifest() if one.dataset in GATED_DATASETS]
    assert gated
    for one in gated[::20]:
        pieces = load_audio(one.path)
        pieces = pieces[: len(pieces) // 1600 * 1600].reshape(-1, 1600)
        assert 20 * np.log10(pieces.std(axis=1).min()) > -65, one.path


@needs_recordings
def test_the_table_of_sources_names_every_dataset() -> None:
    clips = load_manifest()
    table = sources_table(clips)
    assert all(f"| {dataset} |" in table for dataset in {one.dataset for one in clips})
