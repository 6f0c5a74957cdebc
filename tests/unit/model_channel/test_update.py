"""Taking a new model: what is right goes on trial, and whatever is wrong changes nothing."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from babycryd.cli.common.model_source import BucketSource, model_source
from babycryd.config import Settings
from babycryd.detect.features import FEATURES
from babycryd.detect.tflite import ModelError
from babycryd.model_channel.choice import Choice
from babycryd.model_channel.offer import CARD, CRIES, MODEL, OFFER, SECOND, SIGNATURE
from babycryd.model_channel.package import read_package
from babycryd.model_channel.settings import ModelChannelSettings
from babycryd.model_channel.source import FolderSource, ModelSource, SourceError
from babycryd.model_channel.store import FILE, FOLDER, ModelStore, StoreError
from babycryd.model_channel.trial_run import TrialError, require_trial
from babycryd.model_channel.update import UpdateError, update
from babycryd.offload.bucket import Bucket
from tests.support.cloud import BUCKET, Storage
from tests.support.ports import free_port
from tests.support.signed_models import MODELS, Signer, another_model, offer
from tests.support.small_disk import SmallDisk

SHIPPED = "f" * 64


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def channel(tmp_path: Path, signer: Signer) -> Path:
    offer(tmp_path / "channel", signer, another_model())
    return tmp_path / "channel"


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "state")


def take(source: ModelSource, store: ModelStore, signer: Signer, *, again: bool = False) -> Choice:
    return update(source, store, signer.public, SHIPPED, again=again, trial=lambda *_: None)


def test_a_signed_model_goes_on_trial(channel: Path, store: ModelStore, signer: Signer) -> None:
    choice = take(FolderSource(channel), store, signer)
    assert choice.phase == "trial"
    assert store.choice() == choice
    assert choice.candidate is not None
    kept = {each.name for each in store.package(choice.candidate).iterdir()}
    assert kept == {MODEL, CARD, CRIES, OFFER, SIGNATURE}


def test_a_later_model_takes_its_place_and_the_files_of_the_first_go(
    channel: Path, store: ModelStore, signer: Signer, tmp_path: Path
) -> None:
    first = take(FolderSource(channel), store, signer)
    offer(channel, signer, another_model(2), serial=2)
    second = take(FolderSource(channel), store, signer)
    assert second.candidate != first.candidate
    assert [each.name for each in (tmp_path / "state" / FOLDER).iterdir()] == [second.candidate]


def changed_model(channel: Path, signer: Signer) -> None:
    path = next(channel.glob(f"*/{MODEL}"))
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def half_a_model(channel: Path, signer: Signer) -> None:
    path = next(channel.glob(f"*/{MODEL}"))
    path.write_bytes(path.read_bytes()[:1000])


def no_model(channel: Path, signer: Signer) -> None:
    next(channel.glob(f"*/{MODEL}")).unlink()


def giant_model(channel: Path, signer: Signer) -> None:
    with next(channel.glob(f"*/{MODEL}")).open("wb") as file:
        file.truncate(1 << 40)


def no_offer(channel: Path, signer: Signer) -> None:
    (channel / OFFER).unlink()


def no_signature(channel: Path, signer: Signer) -> None:
    (channel / SIGNATURE).unlink()


def another_signer(channel: Path, signer: Signer) -> None:
    (channel / SIGNATURE).write_bytes(Signer().signature((channel / OFFER).read_bytes()))


def changed_offer(channel: Path, signer: Signer) -> None:
    (channel / OFFER).write_bytes((channel / OFFER).read_bytes().replace(b'"serial": 2', b'"serial": 9'))


def signed_as(channel: Path, signer: Signer, **changes: object) -> None:
    told = json.dumps(json.loads((channel / OFFER).read_bytes()) | changes).encode()
    (channel / OFFER).write_bytes(told)
    (channel / SIGNATURE).write_bytes(signer.signature(told))


def newer_features(channel: Path, signer: Signer) -> None:
    signed_as(channel, signer, features=FEATURES + 1)


def older_features(channel: Path, signer: Signer) -> None:
    signed_as(channel, signer, features=FEATURES - 1)


def another_form(channel: Path, signer: Signer) -> None:
    signed_as(channel, signer, schema=2)


def strange_name(channel: Path, signer: Signer) -> None:
    files = json.loads((channel / OFFER).read_bytes())["files"]
    signed_as(channel, signer, files=files | {"../../../etc/passwd": "a" * 64})


def no_cries(channel: Path, signer: Signer) -> None:
    offer(channel, signer, another_model(2) | {CRIES: b""}, serial=2)


def card_of_another(channel: Path, signer: Signer) -> None:
    offer(channel, signer, another_model(2) | {CARD: (MODELS / CARD).read_bytes()})


def no_network(channel: Path, signer: Signer) -> None:
    files, nonsense = another_model(), b"TFL3 nothing"
    card = json.loads(files[CARD]) | {"sha256": hashlib.sha256(nonsense).hexdigest()}
    offer(channel, signer, files | {MODEL: nonsense, CARD: json.dumps(card).encode()})


def second_of_another(channel: Path, signer: Signer) -> None:
    card = json.loads((MODELS / "second.json").read_bytes()) | {"sha256": "0" * 64}
    offer(channel, signer, another_model() | {SECOND: json.dumps(card).encode()})


def gone(channel: Path, signer: Signer) -> None:
    channel.rename(channel.with_name("elsewhere"))


WRONG: tuple[tuple[Callable[[Path, Signer], None], str], ...] = (
    (changed_model, "cry.tflite is damaged"),
    (half_a_model, "cry.tflite is damaged, or only a part of it"),
    (no_model, "there is no .*cry.tflite at model_channel.source"),
    (giant_model, "larger than 8000 kB"),
    (no_offer, "there is no channel.json"),
    (no_signature, "there is no channel.json.minisig"),
    (another_signer, "of another key"),
    (changed_offer, "was changed after it was signed"),
    (newer_features, "needs version 2 of the features, .*: update babycryd"),
    (older_features, "train it anew"),
    (another_form, "reads form 1"),
    (strange_name, "needs a whole number as serial, and the checksums of"),
    (no_cries, "cries.f16"),
    (card_of_another, "describes another model"),
    (no_network, "not a usable TFLite model"),
    (second_of_another, "second.tflite: checksum"),
    (gone, "is no folder: is the drive plugged in"),
)


@pytest.mark.parametrize(("wrong", "told"), WRONG, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_wrong_is_named_and_changes_nothing(
    wrong: Callable[[Path, Signer], None], told: str, channel: Path, store: ModelStore, signer: Signer, tmp_path: Path
) -> None:
    before = take(FolderSource(channel), store, signer)
    shutil.rmtree(channel)
    offer(channel, signer, another_model(2), serial=2)
    wrong(channel, signer)
    with pytest.raises(UpdateError, match=told):
        take(FolderSource(channel), store, signer)
    assert store.choice() == before
    assert [each.name for each in (tmp_path / "state" / FOLDER).iterdir()] == [before.candidate]


def test_an_old_offer_whose_signature_is_right_is_refused(channel: Path, store: ModelStore, signer: Signer) -> None:
    offer(channel, signer, another_model(2), serial=5)
    take(FolderSource(channel), store, signer)
    offer(channel, signer, another_model(3), serial=4)
    with pytest.raises(UpdateError, match="older"):
        take(FolderSource(channel), store, signer)


def test_a_model_that_fails_its_trial_run_leaves_nothing(
    channel: Path, store: ModelStore, signer: Signer, tmp_path: Path
) -> None:
    def fails(folder: Path, key: str) -> None:
        assert (folder / MODEL).exists()
        raise TrialError("it hears no cry")

    with pytest.raises(UpdateError, match="it hears no cry"):
        update(FolderSource(channel), store, signer.public, SHIPPED, trial=fails)
    assert store.choice() == Choice()
    assert list((tmp_path / "state" / FOLDER).iterdir()) == []


def test_the_trial_run_hears_the_demonstration_in_a_process_of_its_own(
    channel: Path, store: ModelStore, signer: Signer, tmp_path: Path
) -> None:
    choice = take(FolderSource(channel), store, signer)
    assert choice.candidate is not None
    folder = store.package(choice.candidate)
    require_trial(folder, signer.public)
    with pytest.raises(TrialError, match="of another key"):
        require_trial(folder, Signer().public)
    (folder / CRIES).write_bytes(b"")
    with pytest.raises(ModelError, match=r"cries\.f16 is damaged"):
        read_package(folder, signer.public)


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch, channel: Path) -> Iterator[Storage]:
    with Storage() as started:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", started.url)
        for path in channel.rglob("*"):
            if path.is_file():
                started.put(f"training/models/{path.relative_to(channel)}", path.read_bytes())
        yield started


def test_a_bucket_gives_the_same(storage: Storage, store: ModelStore, signer: Signer) -> None:
    channel_settings = ModelChannelSettings(f"gs://{BUCKET}/training/models/", signer.public)
    settings = Settings(model_channel=channel_settings)
    assert take(model_source(settings), store, signer).phase == "trial"
    elsewhere = Settings(model_channel=ModelChannelSettings(f"gs://{BUCKET}/nothing", signer.public))
    with pytest.raises(UpdateError, match=r"there is no channel\.json"):
        take(model_source(elsewhere), store, signer)


def test_what_is_too_large_in_a_bucket_is_not_read_whole(storage: Storage) -> None:
    storage.put("large", b"x" * 2_000_000)
    bounded = Bucket(BUCKET, None).get_bounded("large", 1000, 10.0)
    assert bounded is not None
    assert len(bounded) == 1000
    with pytest.raises(SourceError, match="too large"):
        BucketSource(Bucket(BUCKET, None), "").read("large", 1_000_000)


def test_a_bucket_that_is_gone_is_told_with_the_setting(
    store: ModelStore, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_port()}")
    source = BucketSource(Bucket("gone", None, "model_channel"), "")
    with pytest.raises(UpdateError, match="the cloud cannot be reached"):
        take(source, store, signer)
    with Storage() as started:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", started.url)
        with pytest.raises(UpdateError, match=r"check model_channel.source|there is no channel.json"):
            take(BucketSource(Bucket("no-such-bucket", None, "model_channel"), ""), store, signer)


def test_a_full_disk_loses_nothing(channel: Path, tmp_path: Path, signer: Signer) -> None:
    with SmallDisk(tmp_path) as disk:
        store = ModelStore(disk.path / "state")
        before = take(FolderSource(channel), store, signer)
        offer(channel, signer, another_model(2) | {SECOND: (MODELS / "second.json").read_bytes()}, serial=2)
        disk.fill()
        with pytest.raises(UpdateError, match=r"No space left .*is there room"):
            take(FolderSource(channel), store, signer)
        assert store.choice() == before
        assert [each.name for each in (disk.path / "state" / FOLDER).iterdir()] == [before.candidate]


def test_a_broken_choice_is_set_aside_with_the_next_step(tmp_path: Path, channel: Path, signer: Signer) -> None:
    store = ModelStore(tmp_path / "state")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_text("half a fi")
    assert store.choice() == Choice()
    take(FolderSource(channel), store, signer)
    assert store.choice().phase == "trial"
    assert list((tmp_path / "state").glob(f"{FILE}.broken-*"))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, channel: Path, signer: Signer) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(UpdateError, match="state"):
        take(FolderSource(channel), ModelStore(tmp_path / "state"), signer)
    with pytest.raises(StoreError):
        ModelStore(tmp_path / "state").change(lambda now: now.started())


def test_without_a_channel_the_setting_is_named() -> None:
    with pytest.raises(SourceError, match=r"set model_channel\.source"):
        model_source(Settings())
