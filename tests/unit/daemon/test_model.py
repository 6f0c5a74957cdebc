"""The model with which the daemon starts: the channel's where all is right, and the shipped one whatever is wrong."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.config import Settings
from babycryd.core.bus import Bus
from babycryd.core.supervision import stop_order
from babycryd.daemon.components import components
from babycryd.daemon.model import chosen_model
from babycryd.daemon.vital_parts import Hardware, build_core
from babycryd.detect.tflite import shipped_classifier
from babycryd.echo.settings import EchoSettings
from babycryd.model_channel.choice import MOST_STARTS, Choice
from babycryd.model_channel.offer import CRIES, MODEL, SECOND, SIGNATURE
from babycryd.model_channel.settings import ModelChannelSettings
from babycryd.model_channel.store import FILE, FOLDER, LOCK, ModelStore
from tests.support.fakes.player import FakePlayer
from tests.support.fakes.quiet_room import QuietRoom
from tests.support.signed_models import MODELS, Signer, another_model, kept_package


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def settings(tmp_path: Path, signer: Signer) -> Settings:
    plain = Settings(state_dir=str(tmp_path), echo=EchoSettings(enabled=False))
    return replace(plain, model_channel=ModelChannelSettings(str(tmp_path / "channel"), signer.public))


def used(tmp_path: Path, signer: Signer, files: dict[str, bytes] | None = None) -> str:
    """Lets a model of the channel decide, as after its probation; returns its name."""
    name = kept_package(tmp_path / FOLDER, signer, files or another_model())
    ModelStore(tmp_path).change(lambda now: now.offered(name, 1, "", again=False).switched().confirmed())
    return name


def test_the_channels_model_decides_and_its_start_counts(tmp_path: Path, signer: Signer, settings: Settings) -> None:
    name = used(tmp_path, signer)
    model = chosen_model(settings, tmp_path)
    assert model.classifier.sha256 == name
    assert model.fussing is not None
    assert model.second_opinion(settings.detection) is None  # it is not calibrated for this model
    assert ModelStore(tmp_path).choice().starts == 1


def test_a_second_opinion_that_is_calibrated_for_it_comes_along(
    tmp_path: Path, signer: Signer, settings: Settings
) -> None:
    used(tmp_path, signer, another_model() | {SECOND: (MODELS / SECOND).read_bytes()})
    assert chosen_model(settings, tmp_path).second_opinion(settings.detection) is not None


def test_off_by_default_nothing_of_it_is_read(tmp_path: Path, signer: Signer) -> None:
    used(tmp_path, signer)
    model = chosen_model(Settings(), tmp_path)
    assert (model.classifier.sha256, model.watched) == (shipped_classifier().sha256, False)
    assert ModelStore(tmp_path).choice().starts == 0


def damaged(folder: Path, signer: Signer) -> None:
    (next(folder.glob(f"{FOLDER}/*")) / MODEL).write_bytes(b"half")


def unsigned(folder: Path, signer: Signer) -> None:
    (next(folder.glob(f"{FOLDER}/*")) / SIGNATURE).write_bytes(b"")


def without_cries(folder: Path, signer: Signer) -> None:
    (next(folder.glob(f"{FOLDER}/*")) / CRIES).unlink()


def a_pipe(folder: Path, signer: Signer) -> None:
    path = next(folder.glob(f"{FOLDER}/*")) / MODEL
    path.unlink()
    os.mkfifo(path)


def all_gone(folder: Path, signer: Signer) -> None:
    (folder / FOLDER).rename(folder / "elsewhere")


@pytest.mark.parametrize("wrong", [damaged, unsigned, without_cries, a_pipe, all_gone], ids=lambda each: each.__name__)
def test_a_model_that_cannot_be_used_is_rolled_back(
    wrong: Callable[[Path, Signer], None],
    tmp_path: Path,
    signer: Signer,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = used(tmp_path, signer)
    wrong(tmp_path, signer)
    assert chosen_model(settings, tmp_path).classifier.sha256 == shipped_classifier().sha256
    choice = ModelStore(tmp_path).choice()
    assert (choice.in_use, choice.refused) == (None, (name,))
    assert "is rolled back, and the shipped model decides" in caplog.text


def test_a_signature_of_a_former_key_counts_no_more(tmp_path: Path, signer: Signer, settings: Settings) -> None:
    used(tmp_path, signer)
    changed = replace(settings, model_channel=replace(settings.model_channel, public_key=Signer().public))
    assert chosen_model(changed, tmp_path).classifier.sha256 == shipped_classifier().sha256


@pytest.mark.parametrize("content", [b"", b"{", b'{"in_use": "/etc/passwd"}', b"\xff\xfe", b"[" * 50_000])
def test_a_broken_choice_leaves_the_shipped_model(content: bytes, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert chosen_model(settings, tmp_path).classifier.sha256 == shipped_classifier().sha256


def test_a_choice_that_cannot_be_read_or_written_leaves_the_shipped_model(
    tmp_path: Path, signer: Signer, settings: Settings
) -> None:
    used(tmp_path, signer)
    (tmp_path / LOCK).unlink()
    (tmp_path / LOCK).mkdir()
    assert chosen_model(settings, tmp_path).classifier.sha256 == shipped_classifier().sha256
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    assert chosen_model(settings, tmp_path).classifier.sha256 == shipped_classifier().sha256


def test_a_model_with_which_no_start_succeeds_is_rolled_back(
    tmp_path: Path, signer: Signer, settings: Settings
) -> None:
    name = used(tmp_path, signer)
    for _ in range(MOST_STARTS):
        assert chosen_model(settings, tmp_path).classifier.sha256 == name
    assert chosen_model(settings, tmp_path).classifier.sha256 == shipped_classifier().sha256
    assert ModelStore(tmp_path).choice().refused == (name,)


def test_with_the_cloud_the_shipped_model_decides(
    tmp_path: Path, signer: Signer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    used(tmp_path, signer)
    both = replace(settings, offload=replace(settings.offload, enabled=True, bucket="cries"))
    assert not chosen_model(both, tmp_path).watched
    assert "with offload.enabled the cloud judges by the shipped model" in caplog.text


def test_the_daemon_has_the_task_where_there_is_a_channel(tmp_path: Path, signer: Signer, settings: Settings) -> None:
    used(tmp_path, signer)
    for given, wanted in ((settings, True), (replace(settings, model_channel=ModelChannelSettings()), False)):
        core = build_core(given, Bus(), lambda: None, Hardware(QuietRoom(), FakePlayer()))
        table = components(given, core, lambda: None)
        assert ("models" in [each.name for each in table]) == wanted
        assert ("models" in [each.name for each in stop_order(table)]) == wanted  # else its last work is never done
        core.close()


def test_the_choice_of_nothing_costs_no_write(tmp_path: Path, settings: Settings) -> None:
    assert chosen_model(settings, tmp_path).choice == Choice()
    assert list(tmp_path.iterdir()) == []
