"""Archive of a backup: a ZIP file whose first entry is a manifest with version, sizes and checksums.

What is read may come from anywhere: nothing is unpacked by its name, and nothing larger than the manifest says.
"""

import hashlib
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from babycryd import __version__
from babycryd.backup.contents import CONFIG, KEPT_STATE, SECRET_STATE
from babycryd.core.printable import printable

FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_MOST_FILES: Final = 200
_LARGEST_MANIFEST: Final = 100_000  # bytes
_LARGEST_ARCHIVE: Final = 2_000_000_000  # bytes, also unpacked
_LATEST_UTC_S: Final = 32_503_680_000.0  # the year 3000
# What `zipfile` raises for archives that are damaged, encrypted or packed in an unknown way
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)
_CHUNK: Final = 1 << 20
_STATE: Final = "|".join(re.escape(each) for each in (*KEPT_STATE, *SECRET_STATE))
# A recording's name may have any letter, but leads nowhere; a key is that of a setting
_NAMES: Final = re.compile(
    rf"{re.escape(CONFIG)}|state/(?:{_STATE})|state/voices/[^/\\\x00-\x1f.][^/\\\x00-\x1f]{{0,99}}|secrets/[a-z0-9_.\[\]]{{1,80}}"
)
_END: Final = struct.Struct("<4s4H2LH")  # end of the central directory, 4.3.16 of PKWARE's APPNOTE
_END_MARK: Final = b"PK\x05\x06"


class BackupError(Exception):
    """A backup that cannot be made or restored; the text says why and what helps."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """File in a backup."""

    name: str  # in the archive
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Manifest of a backup."""

    babycryd: str  # version that made it
    made_utc_s: float
    files: tuple[PackedFile, ...]


def write_archive(file: BinaryIO, files: Mapping[str, Path], made_utc_s: float) -> Manifest:
    """Write an archive of these files, by their names in it. Raises OSError."""
    packed = tuple(PackedFile(name, path.stat().st_size, _sha256(path)) for name, path in files.items())
    manifest = Manifest(__version__, made_utc_s, packed)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        fields = {"format": FORMAT, **asdict(manifest)}
        archive.writestr(_MANIFEST, json.dumps(fields, indent=1, ensure_ascii=False))
        for name, path in files.items():
            archive.write(path, name)
    return manifest


def is_name(name: str) -> bool:
    """Return whether a file of this name may be in a backup."""
    return _NAMES.fullmatch(name) is not None


class Archive:
    """Archive that is open for reading. Raises BackupError and OSError."""

    def __init__(self, file: BinaryIO) -> None:
        """Read and check the manifest."""
        _check_end(file)
        try:
            self._zip = zipfile.ZipFile(file)
            self.manifest = _manifest(self._read(_MANIFEST, _LARGEST_MANIFEST))
        except (*_UNREADABLE, KeyError, ValueError) as error:
            raise BackupError(f"it is no backup of babycryd, or damaged ({error})") from error
        names = self._zip.namelist()
        if sorted(names) != sorted([_MANIFEST, *(each.name for each in self.manifest.files)]):
            raise BackupError("it holds other files than its manifest says")

    def read(self, name: str, largest: int) -> bytes | None:
        """Return the content of a small file; None where the archive has none of this name."""
        found = next((each for each in self.manifest.files if each.name == name), None)
        if found is None:
            return None
        content = self._read(name, largest)
        if hashlib.sha256(content).hexdigest() != found.sha256:
            raise _damaged(name)
        return content

    def unpack(self, packed: PackedFile, target: BinaryIO) -> None:
        """Write a file into `target`, no more than the manifest says."""
        digest, left = hashlib.sha256(), packed.size
        try:
            with self._zip.open(packed.name) as source:
                while chunk := source.read(min(_CHUNK, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        break
                    digest.update(chunk)
                    target.write(chunk)
        except _UNREADABLE as error:
            raise _damaged(packed.name) from error
        if left or digest.hexdigest() != packed.sha256:
            raise _damaged(packed.name)

    def _read(self, name: str, largest: int) -> bytes:
        with self._zip.open(name) as source:
            content = source.read(largest + 1)
        if len(content) > largest:
            raise ValueError(f"{name} is too large")
        return content


def _check_end(file: BinaryIO) -> None:
    """Raise BackupError where the list of files is too long to be read; `zipfile` would read all of it."""
    size = file.seek(0, 2)
    if size > _LARGEST_ARCHIVE:
        raise BackupError("it is larger than any backup")
    file.seek(max(0, size - 65_536))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise BackupError("it is no backup of babycryd: no ZIP file")
    _, _, _, _, entries, length, _, _ = _END.unpack_from(tail, at)
    if entries > _MOST_FILES + 1 or length > _LARGEST_MANIFEST:
        raise BackupError("it holds more files than any backup")


def _manifest(content: bytes) -> Manifest:
    """Return the manifest in a JSON text. Raises BackupError for a newer format, ValueError where it is invalid."""
    fields = _object(json.loads(content))
    found = fields.get("format")
    if isinstance(found, int) and found > FORMAT:
        who = printable(str(fields.get("babycryd")), 40)
        raise BackupError(
            f"it is of a newer babycryd ({who}, format {found}; this one knows {FORMAT}): upgrade babycryd"
        )
    if found != FORMAT or not isinstance(fields.get("files"), list) or len(fields["files"]) > _MOST_FILES:
        raise ValueError("its manifest is invalid")
    files = tuple(_packed(_object(each)) for each in fields["files"])
    if len({each.name for each in files}) < len(files) or sum(each.size for each in files) > _LARGEST_ARCHIVE:
        raise ValueError("its manifest names a file twice, or too much")
    made_utc_s = fields.get("made_utc_s")
    if not isinstance(made_utc_s, int | float) or not 0 <= made_utc_s <= _LATEST_UTC_S:
        raise ValueError("its manifest is invalid")
    return Manifest(printable(str(fields.get("babycryd")), 40), made_utc_s, files)


def _packed(fields: dict[str, Any]) -> PackedFile:
    name, size, sha256 = fields.get("name"), fields.get("size"), fields.get("sha256")
    if not isinstance(name, str) or not is_name(name):
        raise ValueError(f"it holds {printable(repr(name), 100)}, which is no file of babycryd")
    if not isinstance(size, int) or size < 0 or not isinstance(sha256, str):
        raise ValueError("its manifest is invalid")
    return PackedFile(name, size, sha256)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("its manifest is invalid")  # noqa: TRY004  # of the JSON, not of a call
    return value


def _damaged(name: str) -> BackupError:
    return BackupError(f"{printable(name, 100)} is damaged in it: take another backup")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
