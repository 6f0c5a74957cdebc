"""The job of one training: what it brings, what it leaves in the bucket, and what it says of what is missing."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.cloud import BUCKET, Storage
from tests.support.signed_models import another_model
from training.cloud import inputs, job
from training.cloud.collection import Collection, Entry
from training.cloud.gate import POINTER, GateFigures
from training.cloud.storage import Bucket, CloudError
from training.data.licences import permits_leaving
from training.data.manifest import load_manifest
from training.data.truth import LEVELS, ClipPlacement, SegmentTruth, save_truths
from training.model.train import Plan

VERSION = "0123456789abcdef"
CLIP = Entry("babies/one.flac", "ab" * 32, 5, "training/objects/abab", "cry", "train", "g", "real", "CC0")
RUN = [BUCKET, "--run", "one", "--inputs", "small", "--version", VERSION, "--steps", "20"]


def plainly(names: Iterable[str]) -> Iterable[str]:
    return names


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for below in ("shards/train/000.npz", "shards/val/000.npz", "scenes/val/000.flac", "checkpoints/wide/state"):
        (tmp_path / "home" / below).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "home" / below).write_bytes(below.encode())
    return tmp_path / "home"


def upload_version(storage: Storage, entry: Entry = CLIP) -> None:
    storage.put(f"training/versions/{VERSION}/index.json", Collection((entry,), {}, {}, {}).index)
    storage.put(f"training/versions/{VERSION}/manifest.csv", b"path,label\n")
    storage.put(CLIP.object, b"sound")


def test_shards_and_scenes_go_there_and_back_and_nothing_twice(storage: Storage, work: Path, tmp_path: Path) -> None:
    bucket, files = Bucket(BUCKET), inputs.files_here(work)
    assert sorted(files) == ["scenes/val/000.flac", "shards/train/000.npz", "shards/val/000.npz"]
    assert inputs.push(bucket, "small", files, plainly) == 3
    assert inputs.push(bucket, "small", files, plainly) == 0
    files["shards/val/000.npz"].write_bytes(b"rendered anew")
    assert inputs.push(bucket, "small", files, plainly) == 1
    there = tmp_path / "machine"
    assert inputs.pull(bucket, "small", there, plainly) == 3
    assert (there / "shards/val/000.npz").read_bytes() == b"rendered anew"
    (there / "shards/val/000.npz").write_bytes(b"half")  # where the machine was lost
    assert inputs.pull(bucket, "small", there, plainly) == 1


def test_the_teachers_curves_go_along_as_labels_are_made_of_them(work: Path) -> None:
    for name in ("teacher.npz", "mn04/babies/one.flac.npz", "instruments/flute.npz"):
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(b"curve")
    assert inputs.files_here(work).keys() >= {"teacher.npz", "mn04/babies/one.flac.npz"}
    assert "instruments/flute.npz" not in inputs.files_here(work)


def test_a_shard_with_a_clip_that_must_stay_at_home_is_not_sent(shared: Path, tmp_path: Path) -> None:
    clips = load_manifest()
    stays = next(clip for clip in clips if not permits_leaving(clip.licence))
    leaves = next(clip for clip in clips if permits_leaving(clip.licence))
    levels = {name: np.zeros(83, np.float32) for name in LEVELS}
    for name, path in (("leaves", leaves.path), ("stays", stays.path)):
        cries = (ClipPlacement(path, 0, 1.0), ClipPlacement("", 0, 1.0, ((0.0, 1.0),)))
        save_truths([SegmentTruth(cries, (), gap=(0, 0), lullaby=False, **levels)], tmp_path / f"{name}.truth.npz")
    inputs.require_leaving([tmp_path / "leaves.truth.npz"])
    with pytest.raises(CloudError, match=r"stays\.truth\.npz: .* must stay at home, .*: render shards and scenes from"):
        inputs.require_leaving([tmp_path / "leaves.truth.npz", tmp_path / "stays.truth.npz"])


def test_recordings_lie_where_the_manifest_names_them(storage: Storage, tmp_path: Path) -> None:
    upload_version(storage)
    assert inputs.pull_recordings(Bucket(BUCKET), VERSION, tmp_path, plainly) == 1
    assert (tmp_path / CLIP.path).read_bytes() == b"sound"
    assert (tmp_path / "manifest.csv").exists()
    assert inputs.pull_recordings(Bucket(BUCKET), VERSION, tmp_path, plainly) == 0


def test_a_name_that_leads_out_is_refused(storage: Storage, tmp_path: Path) -> None:
    upload_version(storage, replace(CLIP, path="../../.ssh/authorized_keys"))
    with pytest.raises(CloudError, match="leads out of"):
        inputs.pull_recordings(Bucket(BUCKET), VERSION, tmp_path / "audio", plainly)
    assert not (tmp_path / "audio").exists()


def test_what_is_missing_is_named_with_its_command(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(CloudError, match=r"is empty: python -m training\.cloud\.inputs"):
        inputs.pull(Bucket(BUCKET), "none", tmp_path, plainly)
    with pytest.raises(CloudError, match="404: there is no such bucket or object"):
        inputs.pull_recordings(Bucket(BUCKET), VERSION, tmp_path, plainly)
    with pytest.raises(CloudError, match="404: there is no such bucket"):
        inputs.push(Bucket("no-such-bucket"), "small", {}, plainly)


@pytest.fixture
def quick(storage: Storage, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """A job whose training and judgement take no time; all else is real."""
    upload_version(storage)
    inputs.push(Bucket(BUCKET), "small", inputs.files_here(work), plainly)

    def export(weights: Path, folder: Path, *_: object) -> str:
        for name, content in another_model().items():
            (folder / name).write_bytes(content)
        return "exported"

    monkeypatch.setattr(job, "WORK", tmp_path / "work")
    monkeypatch.setattr(job, "SHARED", tmp_path / "shared")
    monkeypatch.setattr("training.model.train.CHECKPOINTS", tmp_path / "work" / "checkpoints")
    monkeypatch.setattr(job, "run", lambda _, plan, __: plan.folder.mkdir(parents=True))
    monkeypatch.setattr("training.release.export.export", export)
    return storage


@pytest.mark.parametrize("recall", [0.92, 0.90])
def test_what_comes_out_is_in_the_bucket_and_only_a_better_model_is_promoted(
    recall: float, quick: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    judged, better = {"candidate": GateFigures(recall, 0.5), "shipped": GateFigures(0.91, 0.5)}, recall > 0.91
    monkeypatch.setattr(job, "judge", lambda *_: judged)
    job.work(Bucket(BUCKET), Plan(), job.parser().parse_args([*RUN, "--promote"]))
    assert (tmp_path / "work" / "shards" / "train" / "000.npz").exists()
    assert (tmp_path / "shared" / "audio" / CLIP.path).exists()
    out = {name.removeprefix("training/runs/one/") for name in quick.names("training/runs/one/")}
    assert out == {"cry.tflite", "cry.json", "cries.f16", "figures.json"}
    told = json.loads(quick.bucket.blob("training/runs/one/figures.json").download_as_bytes())
    assert told["shipped"]["recall"] == 0.91
    assert (POINTER in quick.names()) == better
    printed = capsys.readouterr().out
    assert "| shipped | 0.9100 | 0.50 |" in printed
    assert ("promoted: gs://" in printed) == better
    assert ("not promoted: it finds no more cries" in printed) != better


def test_a_job_against_another_run_is_judged_by_the_model_of_that_run(
    quick: Storage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.put("training/runs/weak/cry.tflite", b"weak")
    monkeypatch.setattr(
        "training.cloud.gate.figures", lambda model, *_: GateFigures(0.3 if model == b"weak" else 0.9, 0.5)
    )
    job.work(Bucket(BUCKET), Plan(), job.parser().parse_args([*RUN, "--promote", "--against", "weak"]))
    assert POINTER in quick.names()
    assert "| run weak | 0.3000 | 0.50 |" in capsys.readouterr().out
    with pytest.raises(CloudError, match="404"):
        job.work(Bucket(BUCKET), Plan(), job.parser().parse_args([*RUN, "--against", "none"]))


def test_each_trial_of_a_study_has_a_run_of_its_own() -> None:
    options = job.parser().parse_args([*RUN, "--study"])
    assert job.named(options, {"CLOUD_ML_TRIAL_ID": "7"}) == "one-7"
    with pytest.raises(CloudError, match="CLOUD_ML_TRIAL_ID"):
        job.named(options, {})
    assert job.named(job.parser().parse_args(RUN), {}) == "one"
