"""Where the file is found, and files that cannot be read."""

import subprocess
import sys
from pathlib import Path

import pytest

from babycryd.config import ConfigError, ConfigReader, Settings, find_config, load, state_folder
from babycryd.core.printable import printable


def test_what_was_asked_for_comes_first(tmp_path: Path) -> None:
    system = tmp_path / "babycryd.yaml"
    environ = {"BABYCRYD_CONFIG": "/from/environ.yaml"}
    assert find_config("mine.yaml", environ, system) == Path("mine.yaml")
    assert find_config(None, environ, system) == Path("/from/environ.yaml")
    assert find_config(None, {"BABYCRYD_CONFIG": ""}, system) is None
    system.touch()
    assert find_config(None, {}, system) == system


def test_a_system_file_that_is_closed_to_us_is_not_passed_over(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert find_config(None, {}, loop / "babycryd.yaml") == loop / "babycryd.yaml"
    with pytest.raises(ConfigError, match="cannot be read"):
        load(loop / "babycryd.yaml")


def test_without_a_file_the_defaults_hold() -> None:
    assert load(None) == Settings()


def test_settings_cost_no_hardware_library() -> None:
    program = "import sys; from babycryd.config import load; load(None); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "babycryd.config" in loaded
    assert not {"sounddevice", "soundfile", "pygame", "aiomqtt", "tqdm"} & set(loaded)


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    for content in (b"device:\r\n  room: K\xc3\xbcche\r\n", b"\xef\xbb\xbfdevice:\n  room: K\xc3\xbcche"):
        path = tmp_path / "babycryd.yaml"
        path.write_bytes(content)
        assert load(path).device.room == "Küche"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1\nb: \xff", "line 2: not UTF-8 text; save it as UTF-8"),
        ("device:\n".encode("utf-16"), "line 1: not UTF-8 text"),
        (b"RIFF\0\0\0\0WAVE", "line 1, column 5: holds a control character; is this a text file?"),
        (b"#" * 1_000_001, "it is larger than 1000 kB"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "babycryd.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: {said}")


def test_a_files_name_that_is_no_text_is_shown_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "c\udcf6\n\x1b[2J.yaml"
    path.write_text("nope: 1\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    replaced = "\N{REPLACEMENT CHARACTER}"
    assert str(caught.value) == f"{tmp_path}/c{replaced} {replaced}[2J.yaml: nope (line 1): unknown key"


def test_a_missing_file_a_folder_an_endless_file_and_an_impossible_path_are_named(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path, "a folder; name the file in it"),
        (Path("/dev/zero"), "it is a device, not a plain file"),
        (Path("a\0b"), "cannot be read"),
    ):
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert str(caught.value).startswith(f"{printable(str(path), 300)}: {said}")


def test_the_state_folder_is_the_owners_else_systemds_else_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/pi")
    systemd = {"STATE_DIRECTORY": "/var/lib/babycryd:/var/lib/other"}
    assert state_folder(Settings(state_dir="~/kept"), systemd) == Path("/home/pi/kept")
    assert state_folder(Settings(), systemd) == Path("/var/lib/babycryd")
    assert state_folder(Settings(), {}) == Path("/home/pi/.local/state/babycryd")


@pytest.mark.parametrize(
    "emptied",
    ["", "config_version: 1\n", "mqtt:\nweb: {}\n", "\n\n", "# nothing but a comment\n", "---\n", "{}\n", "null\n"],
)
def test_a_file_that_had_settings_is_refused_while_it_is_empty(tmp_path: Path, emptied: str) -> None:
    path = tmp_path / "babycryd.yaml"
    reader = ConfigReader(path, {})
    path.write_text(emptied)
    assert reader.read() == Settings()  # at the start it stands for the defaults
    path.write_text("detection: {threshold: 0.7}\n")
    assert reader.read().detection.threshold == 0.7
    path.write_text(emptied)
    for _ in range(2):
        with pytest.raises(ConfigError, match="had settings, and is empty"):
            reader.read()
    path.write_text("detection: {threshold: 0.5}\n")
    assert reader.read().detection.threshold == 0.5


def test_the_systems_file_is_missed_once_it_is_gone(tmp_path: Path) -> None:
    system = tmp_path / "babycryd.yaml"
    reader = ConfigReader(None, {}, system)
    assert reader.read() == Settings()
    system.write_text("detection: {threshold: 0.7}\n")
    assert reader.read().detection.threshold == 0.7
    system.unlink()
    with pytest.raises(ConfigError, match="had settings, and is no longer there"):
        reader.read()
