"""Parts list of a release: the libraries of the lock, the models, and the packages of Debian in a container."""

import email
import hashlib
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_LOCKED = re.compile(r"^(\S+)==(\S+)((?: \\\n +--hash=sha256:[0-9a-f]{64})+)", re.MULTILINE)
_STATUS = "var/lib/dpkg/status"
_LONGEST_LICENCE = 80  # characters; some packages have the whole text there
Kind = Literal["library", "machine-learning-model"]


@dataclass(frozen=True, slots=True)
class Part:
    """A component that a release contains."""

    kind: Kind
    name: str
    version: str
    purl: str = ""  # package URL
    licence: str = ""  # SPDX expression or name
    sha256: tuple[str, ...] = ()  # of each wheel, or of the file


def libraries(lock: str, licences: Mapping[str, str]) -> list[Part]:
    """Return the libraries of requirements.lock, with the licences that are known by name."""
    return [
        Part("library", name, version, f"pkg:pypi/{name}@{version}", licences.get(name, ""), tuple(_sums(sums)))
        for name, version, sums in _LOCKED.findall(lock)
    ]


def _sums(text: str) -> list[str]:
    return re.findall(r"sha256:([0-9a-f]{64})", text)


def licences_of(wheels: Iterable[Path]) -> dict[str, str]:
    """Return the licence of each wheel that names one, by the name of its library."""
    found = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            metadata = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            fields = email.message_from_string(archive.read(metadata).decode())
        if licence := _licence(fields["License-Expression"] or fields["License"], fields.get_all("Classifier") or []):
            found[re.sub(r"[-_.]+", "-", str(fields["Name"])).lower()] = licence
    return found


def _licence(stated: str | None, classifiers: list[str]) -> str:
    first = (stated or "").strip().partition("\n")[0]
    if first and len(first) <= _LONGEST_LICENCE:
        return first
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::")]
    return named[0] if named else ""


def models(folder: Path, version: str) -> list[Part]:
    """Return the models that babycryd ships."""
    paths = sorted(folder.glob("*.tflite"))
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return [Part("machine-learning-model", name, version, sha256=(digest,)) for name, digest in sums.items()]


def debian_packages(status: str) -> list[Part]:
    """Return the packages that a dpkg status names as installed."""
    found = []
    for block in status.split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", block, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            name, version = fields["Package"], fields["Version"]
            purl = f"pkg:deb/debian/{name}@{version.replace(':', '%3A')}?arch={fields['Architecture']}"
            found.append(Part("library", name, version, purl))
    return found


def dpkg_status(archive: Path) -> str:
    """Return the dpkg status in a container's archive, as `docker save` writes it. Raises ValueError without one."""
    with tarfile.open(archive) as image:
        manifest = image.extractfile("manifest.json")
        assert manifest is not None
        for layer in reversed(json.load(manifest)[0]["Layers"]):
            for text in _texts(image, layer):
                return text
    raise ValueError(f"{archive.name} holds no {_STATUS}")


def _texts(image: tarfile.TarFile, layer: str) -> Iterator[str]:
    with tarfile.open(fileobj=image.extractfile(layer)) as files:
        for member in files:
            if member.name.removeprefix("./") == _STATUS and (file := files.extractfile(member)):
                yield file.read().decode()
