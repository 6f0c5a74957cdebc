"""What the package installs is locked, wholly and with checksums: a dependency that is added is noticed here."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "packaging" / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKED: dict[str, str] = {
    canonicalize_name(name): version for name, version in re.findall(r"^(\S+)==(\S+)", LOCK, re.MULTILINE)
}


def wanted() -> list[Requirement]:
    return [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["cloud"]]


def needs(requirement: Requirement) -> Iterator[Requirement]:
    """What this requirement brings along on this computer, by the metadata of what is installed."""
    environments = [{"extra": extra} for extra in ("", *requirement.extras)]
    for line in metadata.requires(requirement.name) or []:
        need = Requirement(line)
        if need.marker is None or any(need.marker.evaluate(environment) for environment in environments):
            yield need


def test_every_dependency_is_locked_in_a_version_that_suits() -> None:
    remedy = "run packaging/lock"
    for requirement in wanted():
        version = LOCKED.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not locked: {remedy}"
        assert version in requirement.specifier, f"{requirement.name} is locked as {version}: {remedy}"


def test_what_they_bring_along_is_locked() -> None:
    seen = set()
    waiting = wanted()
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        assert canonicalize_name(requirement.name) in LOCKED, f"{requirement} is not locked: run packaging/lock"
        waiting += needs(requirement)
    assert len(seen) > len(wanted())


def test_each_has_its_checksums() -> None:
    blocks = re.split(r"^(?=\S+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(LOCKED)
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}$", block, re.MULTILINE), block
