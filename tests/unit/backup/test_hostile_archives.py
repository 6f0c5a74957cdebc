"""Archives that are damaged or made to do harm: each is refused, and nothing is touched."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.backup.archive import Archive, BackupError
from babycryd.backup.restoring import restore
from tests.unit.backup.test_backup import NOW_UTC_S, packed

EMPTY = {"format": 1, "babycryd": "1", "made_utc_s": 0, "files": []}
GOOD = packed({"state/home.json": b"{}"})


def read(content: bytes) -> list[bytes]:
    """Read all of an archive; return the content of each file."""
    archive, read = Archive(io.BytesIO(content)), []
    for each in archive.manifest.files:
        archive.unpack(each, into := io.BytesIO())
        read.append(into.getvalue())
    return read


def archive_of(*entries: tuple[Any, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries:
            archive.writestr(name, text)
    return made.getvalue()


def with_manifest(fields: Any, *entries: tuple[Any, bytes]) -> bytes:
    return archive_of(("manifest.json", json.dumps(fields).encode()), *entries)


def test_a_good_one_is_read() -> None:
    assert read(GOOD) == [b"{}"]


@pytest.mark.parametrize(
    "name",
    [
        "../etc/cron.d/x",
        "/etc/passwd",
        "state/../../x",
        "state/other.sqlite3",
        "state/voices/../x.wav",
        "state/voices/.hidden",
        "state/voices/a/b.wav",
        "secrets/../x",
        "secrets/A",
        "config/other.yaml",
        "state/voices/a\nb.wav",
    ],
)
def test_names_that_lead_elsewhere(name: str) -> None:
    with pytest.raises(BackupError, match=r"no file of babycryd|damaged"):
        read(packed({name: b"x"}))


def test_links_are_files_with_a_text(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("state/home.json")
    link.external_attr = 0o120777 << 16
    content = packed({"state/home.json": b"/etc/passwd"})
    fields = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("manifest.json"))
    config = f"state_dir: {tmp_path / 'state'}\n"
    (tmp_path / "c.yaml").write_text(config)
    restore(io.BytesIO(with_manifest(fields, (link, b"/etc/passwd"))), tmp_path / "c.yaml", {}, NOW_UTC_S)
    assert not (tmp_path / "state" / "home.json").is_symlink()
    assert (tmp_path / "state" / "home.json").read_text() == "/etc/passwd"


def test_a_bomb_is_not_unpacked() -> None:
    target = io.BytesIO()
    said = {"name": "state/home.json", "size": 1000, "sha256": "0" * 64}
    fields = {"format": 1, "babycryd": "1", "made_utc_s": 0, "files": [said]}
    archive = Archive(io.BytesIO(with_manifest(fields, ("state/home.json", bytes(50_000_000)))))
    with pytest.raises(BackupError, match="damaged"):
        archive.unpack(archive.manifest.files[0], target)
    assert len(target.getvalue()) <= 1001
    with pytest.raises(BackupError, match="too large"):
        read(archive_of(("manifest.json", b" " * 50_000_000)))


def test_too_many_files_and_too_much() -> None:
    with pytest.raises(BackupError, match="more files"):
        read(archive_of(*((f"{number}", b"") for number in range(300))))
    said = {"name": "state/home.json", "size": 10**12, "sha256": ""}
    with pytest.raises(BackupError, match="too much"):
        read(with_manifest({"format": 1, "babycryd": "1", "made_utc_s": 0, "files": [said]}))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no ZIP file"),
        (b"x" * 100_000, "no ZIP file"),
        (archive_of(("a", b"b")), "no backup of babycryd"),
        (with_manifest([]), "invalid"),
        (with_manifest({"format": 2, "babycryd": "9.0\x1b[31m", "files": []}), "newer babycryd .9.0"),
        (with_manifest({"format": 1, "babycryd": "1", "made_utc_s": 1e300, "files": []}), "invalid"),
        (with_manifest({"format": True, "files": [{}]}), "invalid|no file"),
        (archive_of(("manifest.json", b"[" * 90_000)), "no backup|damaged"),
        (with_manifest(EMPTY, ("state/home.json", b"{}")), "other files"),
        (GOOD[:-30], "no ZIP file|damaged"),
    ],
)
def test_what_is_no_backup(content: bytes, why: str) -> None:
    with pytest.raises(BackupError, match=why):
        read(content)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_any_damaged_byte_is_noticed_or_harmless(at: int, flip: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] ^= flip
    target = io.BytesIO()
    try:
        archive = Archive(io.BytesIO(bytes(damaged)))
        for each in archive.manifest.files:
            archive.unpack(each, target)
    except BackupError:
        return
    assert target.getvalue() in (b"{}", b"")
