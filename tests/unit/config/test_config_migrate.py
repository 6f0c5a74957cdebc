"""Files of other versions: brought up to date with a backup, or refused with the remedy; never lost."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from babycryd.config import ConfigError, load
from babycryd.config.migrate import MIGRATIONS, migrate, version_of
from babycryd.config.sections import VERSION

OLD = "# ours\nconfig_version: 0\nspeaker:  # loud\n  max_volume: 0.3\n"
NEW = "# ours\nconfig_version: 1\nlullaby:  # loud\n  max_volume: 0.3\n"
STEPS: dict[int, Callable[[str], str]] = {0: lambda text: text.replace("\nspeaker:", "\nlullaby:")}


def test_an_old_file_is_brought_up_to_date_and_kept_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "babycryd.yaml"
    path.write_text(OLD)
    path.chmod(0o640)
    backup = migrate(path, STEPS)
    assert backup == tmp_path / "babycryd.yaml.bak-v0"
    assert (backup.read_text(), path.read_text()) == (OLD, NEW)
    assert path.stat().st_mode & 0o777 == 0o640
    assert load(path).lullaby.max_volume == 0.3
    assert sorted(each.name for each in tmp_path.iterdir()) == ["babycryd.yaml", "babycryd.yaml.bak-v0"]
    assert migrate(path, STEPS) is None


@pytest.mark.parametrize(
    "steps",
    [{}, {0: lambda text: text}, {0: lambda text: text + "nonsense: [\n"}],
    ids=["unknown", "useless", "broken"],
)
def test_a_step_that_does_not_lead_to_a_good_file_changes_nothing(
    steps: dict[int, Callable[[str], str]], tmp_path: Path
) -> None:
    path = tmp_path / "babycryd.yaml"
    path.write_text(OLD)
    with pytest.raises(ConfigError):
        migrate(path, steps)
    assert path.read_text() == OLD
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("version", ["2", "10", "11", "99", "002"])
def test_a_newer_file_is_refused_with_the_remedy_only(version: str, tmp_path: Path) -> None:
    path = tmp_path / "babycryd.yaml"
    path.write_text(f"key_of_tomorrow: 7\nconfig_version: {version}  # from the other card\n")
    with pytest.raises(ConfigError) as refused:
        load(path)
    (problem,) = refused.value.problems
    assert "(line 2)" in str(problem)
    assert f"{version} is of a newer babycryd; this one knows {VERSION}" in str(problem)
    assert "key_of_tomorrow" not in str(refused.value)
    with pytest.raises(ConfigError):
        migrate(path)


def test_every_version_before_ours_has_its_step() -> None:
    assert set(MIGRATIONS) == set(range(1, VERSION))


def test_a_file_that_says_nothing_is_taken_for_ours_or_for_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.config.migrate._FIRST", 0)
    path = tmp_path / "babycryd.yaml"
    path.write_text("lullaby: {max_volume: 0.3}\n")
    assert migrate(path, STEPS) is None
    path.write_text("# ours\nspeaker: {max_volume: 0.3}\n")
    assert migrate(path, STEPS) == tmp_path / "babycryd.yaml.bak-v0"
    assert path.read_text() == "config_version: 1\n# ours\nlullaby: {max_volume: 0.3}\n"


@pytest.mark.parametrize(
    ("text", "version"), [("", VERSION), ("config_version: 7", 7), ("  config_version: 7", VERSION)]
)
def test_the_version_stands_at_the_top_level(text: str, version: int) -> None:
    assert version_of(text) == version


def test_the_command_leaves_a_good_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "babycryd.yaml"
    path.write_text(NEW)
    command = [sys.executable, "-m", "babycryd", "check-config", "--migrate", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout == f"{path}: up to date\n"
    assert path.read_text() == NEW
