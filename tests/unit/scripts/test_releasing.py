"""What a release is made of: notes, the parts list, and the memory of the steps that are done."""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from babycryd import __version__
from scripts.releasing.apt_repository import NotPublishedError, make_key, promote, publish, versions
from scripts.releasing.main import main
from scripts.releasing.making import Release
from scripts.releasing.notes import NoNotesError, notes_of
from scripts.releasing.parts_list import debian_packages, dpkg_status, libraries, licences_of, models
from tests.support.debian_packages import small_package

ROOT = Path(__file__).parents[3]
CHANGELOG = "# Changelog\n\n## Unreleased\n\n- soon\n\n## 0.2.0\n\n- new\n\n## 0.1.0\n\nThe first.\n"
STATUS = """\
Package: zlib1g
Status: install ok installed
Architecture: amd64
Version: 1:1.2.13.dfsg-1
Description: compression
 Package: not this

Package: perl-base
Status: purge ok not-installed
Architecture: amd64
Version: 5.36
"""


def test_the_notes_are_the_section_of_the_version() -> None:
    released = CHANGELOG.replace("## Unreleased\n\n- soon\n\n", "")
    assert notes_of(released, "0.2.0") == "# babycryd 0.2.0\n\n- new\n"
    assert notes_of(CHANGELOG, "0.3.0") == "# babycryd 0.3.0\n\n- soon\n"
    with pytest.raises(NoNotesError, match=r"no section `## 0.9.0` with text"):
        notes_of(released, "0.9.0")


def test_the_changelog_of_this_checkout_has_notes() -> None:
    assert "- " in notes_of((ROOT / "CHANGELOG.md").read_text(), __version__)


def test_every_locked_library_is_a_part_with_its_checksums() -> None:
    lock = (ROOT / "packaging" / "requirements.lock").read_text()
    parts = {part.name: part for part in libraries(lock, {"numpy": "BSD-3-Clause"})}
    assert len(parts) == lock.count("==")
    assert sum(len(part.sha256) for part in parts.values()) == lock.count("--hash=sha256:")
    numpy = parts["numpy"]
    assert (numpy.purl, numpy.licence) == (f"pkg:pypi/numpy@{numpy.version}", "BSD-3-Clause")


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT\n", "MIT"),
        ("License: BSD License\n", "BSD License"),
        (f"License: {'long ' * 30}\nClassifier: License :: OSI Approved :: MIT License\n", "MIT License"),
        ("", None),
    ],
)
def test_the_licence_is_what_the_wheel_says(fields: str, licence: str | None, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.whl", "w") as wheel:
        wheel.writestr("some_thing-1.dist-info/METADATA", f"Name: Some_Thing\nVersion: 1\n{fields}\n")
    assert licences_of([tmp_path / "one.whl"]).get("some-thing") == licence


def test_every_shipped_model_is_a_part() -> None:
    parts = models(ROOT / "babycryd" / "detect" / "models", __version__)
    assert len(parts) >= 2
    assert all(len(part.sha256[0]) == 64 for part in parts)


def test_the_packages_of_a_container_are_those_that_are_installed(tmp_path: Path) -> None:
    layer = tarred({"var/lib/dpkg/status": STATUS.encode()})
    (tmp_path / "image.tar").write_bytes(
        tarred({"manifest.json": b'[{"Layers": ["a/layer.tar"]}]', "a/layer.tar": layer})
    )
    (part,) = debian_packages(dpkg_status(tmp_path / "image.tar"))
    assert (part.name, part.version) == ("zlib1g", "1:1.2.13.dfsg-1")
    assert part.purl == "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64"


def tarred(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return written.getvalue()


def test_the_steps_cover_both_architectures_and_need_a_key_for_apt() -> None:
    names = [step.name for step in Release(("amd64", "arm64"), "").steps()]
    assert {"package-arm64", "container-amd64", "wheel", "home-assistant", "sbom", "notes"} < set(names)
    assert names[-1] == "checksums"
    assert "apt" not in names
    assert "apt" in [step.name for step in Release(("amd64",), "key").steps()]


def test_the_help_teaches_and_a_wrong_step_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    told = subprocess.run([sys.executable, "scripts/release", "--help"], capture_output=True, text=True, check=True)
    assert "scripts/release --rehearsal" in told.stdout
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert main(["nots"]) == 2
    assert "no step nots; there are: package-amd64" in capsys.readouterr().err


def test_the_lock_of_the_tools_is_whole() -> None:
    lock = (ROOT / "packaging" / "release.lock").read_text()
    assert "cyclonedx-python-lib==" in lock
    assert all(part.sha256 for part in libraries(lock, {}))


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of a rehearsal."""
    for tool in ("apt-ftparchive", "gpg"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}: apt install apt-utils gnupg")
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "gnupg"))
    return make_key(tmp_path / "gnupg")


def test_a_version_comes_to_the_early_homes_and_after_its_promotion_to_all(tmp_path: Path, signed: str) -> None:
    tree = tmp_path / "apt"
    publish(tree, [small_package(tmp_path, "1.0")], ["amd64", "arm64"], signed)
    assert (versions(tree, "early"), versions(tree, "stable")) == ({"1.0"}, set())
    promote(tree, "1.0", signed)
    publish(tree, [small_package(tmp_path, "1.1")], ["amd64", "arm64"], signed)
    assert (versions(tree, "early"), versions(tree, "stable")) == ({"1.0", "1.1"}, {"1.0"})
    with pytest.raises(NotPublishedError, match=r"has no version 1.2; there is 1.0, 1.1"):
        promote(tree, "1.2", signed)
    promote(tree, "1.1", signed)
    assert versions(tree, "stable") == {"1.0", "1.1"}
    for suite in ("early", "stable"):
        release = tree / "dists" / suite / "InRelease"
        subprocess.run(["gpg", "--verify", release], check=True, capture_output=True)
        assert f"Suite: {suite}\n" in release.read_text()
        packages = (tree / "dists" / suite / "main" / "binary-arm64" / "Packages").read_bytes()
        assert hashlib.sha256(packages).hexdigest() in release.read_text()


def test_a_promotion_needs_a_key_and_a_repository(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--promote", "0.1.0"]) == 2
    assert "--key FINGERPRINT" in capsys.readouterr().err
