"""`babycryd soothing --calibrate`: the guided measurement of the loudness on the terminal."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from babycryd.cli.common import calibration
from babycryd.cli.main import main
from babycryd.control.loudness import FILE, TEST_SOUND
from babycryd.soothe.loudness import TEST_VOLUME
from babycryd.soothe.player import PlayerError
from tests.support.fakes.player import FakePlayer


class Terminal:
    """`babycryd soothing --calibrate` with typed answers and a speaker that is faked."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken = ""
        self.played: list[str | None] = []  # devices
        self._folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(calibration, "played_test_sound", self._sound)
        (folder / "babycryd.yaml").write_text(f"state_dir: {folder}\nlullaby: {{device: USB, max_volume: 0.8}}\n")

    def measure(self, typed: str) -> int:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        return main(["soothing", "--calibrate", "--config", str(self._folder / "babycryd.yaml")])

    @contextmanager
    def _sound(self, device: str | None) -> Iterator[None]:
        if self.broken:
            raise PlayerError(self.broken)
        self.played.append(device)
        yield


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, monkeypatch)


@pytest.mark.parametrize("typed", ["\n56\n", "\n 56,0 \n"])
def test_the_owner_is_guided_and_the_figure_is_kept(
    typed: str, terminal: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.measure(typed) == 0
    assert terminal.played == ["USB"]
    told = capsys.readouterr().out
    assert "Lay the phone where your baby's head lies" in told
    assert "a volume of 100 % is now about 50 dB(A) at the cot; no sound is louder than 50 dB(A)" in told
    kept = json.loads((tmp_path / FILE).read_text())
    assert (kept["speaker"], kept["reading_dba"]) == ("USB", 56.0)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "given up"),
        ("\n", "given up"),
        ("\n\n", "given up"),
        ("\nloud\n", "'loud' is no figure"),
        ("\nnan\n", "from 35 to 100"),
        ("\n20\n", "it shows the room"),
        ("\n130\n", "from 35 to 100"),
    ],
)
def test_any_other_answer_changes_nothing(
    typed: str, why: str, terminal: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.measure(typed) == 1
    told = capsys.readouterr().err
    assert told.startswith("babycryd soothing: nothing was measured: ")
    assert why in told
    assert not (tmp_path / FILE).exists()


def test_a_speaker_that_cannot_be_opened_is_told(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.broken = "the speaker is busy"
    assert terminal.measure("\n50\n") == 1
    assert "the speaker is busy; a running babycryd may hold the speaker" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/var/lib/babycryd/loudness.json")

    monkeypatch.setattr("babycryd.control.loudness.write_whole", full)
    assert terminal.measure("\n50\n") == 1
    assert "run this as the daemon's user" in capsys.readouterr().err


def test_the_test_sound_plays_while_the_figure_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    player = FakePlayer()
    monkeypatch.setattr(calibration, "MixerPlayer", lambda _: player)
    with calibration.played_test_sound(None):
        assert (player.playing, player.volume) == (TEST_SOUND.name, TEST_VOLUME)
    assert not player.playing


def test_a_missing_speaker_ends_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    player = FakePlayer()
    player.broken = "no speaker"
    monkeypatch.setattr(calibration, "MixerPlayer", lambda _: player)
    with pytest.raises(PlayerError, match="no speaker"), calibration.played_test_sound(None):
        pytest.fail("it must not be entered")
