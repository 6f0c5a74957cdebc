"""Bill of materials of a release, as CycloneDX 1.6 in JSON, made with the library of the CycloneDX project.

    python3 -m scripts.releasing.sbom FILE [CONTAINER]

FILE is what is written: of the package, or of the container in an archive. `scripts/release` runs it with the library,
which packaging/release.lock names. The same release gives the same file.
"""

import hashlib
import os
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from babycryd import __version__
from scripts.releasing.parts_list import Part, debian_packages, dpkg_status, libraries, licences_of, models

ROOT = Path(__file__).resolve().parents[2]


def document(name: str, version: str, parts: Sequence[Part], made_at: datetime) -> str:
    """Return the bill of materials of the application `name`, which contains these parts."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    bom = Bom(serial_number=uuid.UUID(hashlib.md5(repr((name, version, parts)).encode()).hexdigest()))  # noqa: S324
    root = Component(name=name, version=version, type=ComponentType.APPLICATION, bom_ref=name)
    bom.metadata.component = root
    bom.metadata.timestamp = made_at
    components = [_component(part) for part in parts]
    bom.components.update(components)
    bom.register_dependency(root, components)
    return str(JsonV1Dot6(bom).output_as_string(indent=1)) + "\n"


def _component(part: Part) -> object:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType(part.kind),
        bom_ref=part.purl or part.name,
        purl=PackageURL.from_string(part.purl) if part.purl else None,
        licenses=[LicenseFactory().make_from_string(part.licence)] if part.licence else [],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in part.sha256],
    )


def parts_of(container: Path | None) -> list[Part]:
    """Return the parts of the package, and those of Debian in a container."""
    wheels = sorted((ROOT / "build" / "wheels").glob("*/*.whl"))
    parts = libraries((ROOT / "packaging" / "requirements.lock").read_text(), licences_of(wheels))
    parts += models(ROOT / "babycryd" / "detect" / "models", __version__)
    return parts + (debian_packages(dpkg_status(container)) if container else [])


def main() -> None:
    """Write one."""
    path, *container = sys.argv[1:]
    name = "babycryd-container" if container else "babycryd"
    made_at = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    parts = parts_of(Path(container[0]) if container else None)
    Path(path).write_text(document(name, __version__, parts, made_at))


if __name__ == "__main__":
    main()
