"""Signing a model: what is written is what a device takes."""

import shutil
import subprocess
from argparse import Namespace
from pathlib import Path

import pytest

from babycryd.model_channel.source import FolderSource
from babycryd.model_channel.store import ModelStore
from babycryd.model_channel.update import update
from tests.support.cloud import BUCKET, Storage
from tests.support.signed_models import another_model
from training.cloud import sign
from training.cloud.gate import promote
from training.cloud.storage import Bucket, CloudError


@pytest.fixture
def key(tmp_path: Path) -> Path:
    if shutil.which("minisign") is None:
        pytest.skip("needs Debian's minisign")
    subprocess.run(
        ["minisign", "-G", "-W", "-p", "key.pub", "-s", "key"], cwd=tmp_path, check=True, capture_output=True
    )
    return tmp_path / "key"


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text().splitlines()[1]


def folder_of(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_device_takes_what_was_signed(tmp_path: Path, key: Path) -> None:
    folder, to = folder_of(another_model(), tmp_path / "new"), tmp_path / "channel"
    sign.run(Namespace(model=str(folder), to=str(to), key=key, serial=7))
    choice = update(FolderSource(to), ModelStore(tmp_path / "state"), public(key), "", trial=lambda *_: None)
    assert (choice.phase, choice.serial) == ("trial", 7)
    assert not list(to.rglob("*.partial"))


def test_a_promoted_model_goes_from_the_bucket_to_the_bucket(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, card, cries = another_model().values()
    with Storage() as storage:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage.url)
        promote(Bucket(BUCKET), model, card, cries, {})
        where = f"gs://{BUCKET}/training/models"
        sign.run(Namespace(model=f"gs://{BUCKET}", to=where, key=key, serial=None))
        names = storage.names("training/models/channel")
    assert names == ["training/models/channel.json", "training/models/channel.json.minisig"]


def test_what_no_device_would_take_is_not_signed(tmp_path: Path) -> None:
    files = another_model()
    with pytest.raises(CloudError, match=r"missing: cries\.f16"):
        sign.publish({name: files[name] for name in ("cry.tflite", "cry.json")}, str(tmp_path), tmp_path / "key", 1)
    with pytest.raises(CloudError, match="describes another model"):
        sign.publish(files | {"cry.tflite": b"half"}, str(tmp_path), tmp_path / "key", 1)
    older = files | {"cry.json": files["cry.json"].replace(b'{"file"', b'{"features": 0, "file"')}
    with pytest.raises(CloudError, match="version 0 of the features"):
        sign.publish(older, str(tmp_path), tmp_path / "key", 1)
    assert not list(tmp_path.iterdir())


def test_a_key_that_is_not_there_leaves_nothing(tmp_path: Path, key: Path) -> None:
    with pytest.raises(CloudError, match="did not sign with"):
        sign.publish(another_model(), str(tmp_path / "to"), tmp_path / "no-key", 1)
    assert not (tmp_path / "to").exists()
