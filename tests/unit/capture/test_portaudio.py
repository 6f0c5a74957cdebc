"""What the sound libraries do to us: each fault is one error with its remedy, and one bad name hides no device."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from babycryd.capture import portaudio
from babycryd.capture.portaudio import (
    TRIAL_LIMIT_S,
    begin_trial,
    call_with_portaudio,
    cancel_trial,
    load_sounddevice,
    restart,
    try_portaudio,
)
from babycryd.capture.source import CaptureError
from babycryd.system.isolated_call import call_isolated
from tests.support.patience import until
from tests.support.sound_card import missing_programs

ALSA_CONF = b"""\
</usr/share/alsa/alsa.conf>
pcm."R\xd8DE" { type null hint { show on description "mic" } }
pcm.esc { type plug slave.pcm "null" hint { show on description "x" } }
pcm.real { type pulse hint { show on description "x" } }
"""


def plant(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let this code stand in sounddevice's place, here and in every isolated call."""
    (folder / "sounddevice.py").write_text(code)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(str(folder))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise OSError('PortAudio library not found')", "PortAudio is missing: install libportaudio2"),
        ("raise RuntimeError('Error initializing\\nPortAudio')", "cannot be started (Error initializing PortAudio)"),
        ("raise RuntimeError", "cannot be started (RuntimeError)"),
        ("b'R\\xd8DE'.decode()", "cannot be started ('utf-8' codec can't decode byte 0xd8"),
        ("import os; os.abort()", "cannot be started (crashed with SIGABRT)"),
        ("import ctypes; ctypes.string_at(0)", "cannot be started (crashed with SIGSEGV)"),
        ("import time; time.sleep(60)", "cannot be started (no answer within 0.5 s)"),
        ("", "cannot be started (AttributeError: module 'sounddevice' has no attribute 'query_devices')"),
    ],
)
async def test_every_fault_is_tried_elsewhere_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    plant(tmp_path, monkeypatch, code)
    monkeypatch.setattr(portaudio, "TRIAL_LIMIT_S", 0.5 if "sleep" in code else TRIAL_LIMIT_S)
    with pytest.raises(CaptureError) as caught:
        await try_portaudio()
    assert reason in str(caught.value)
    assert "sudo apt install" in str(caught.value) or "look at /etc/asound.conf and ~/.asoundrc" in str(caught.value)
    assert "sounddevice" not in sys.modules


async def test_where_no_other_process_runs_portaudio_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")
    assert await try_portaudio() == frozenset()
    with pytest.raises(CaptureError, match="no process can be started"):
        await call_with_portaudio("device_list:has_microphone")


def test_a_start_that_fails_in_this_process_is_one_error_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, monkeypatch, "raise RuntimeError('no')")
    with pytest.raises(CaptureError, match=r"cannot be started \(no\)"):
        load_sounddevice()


def test_after_a_start_that_failed_it_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        """PortAudio after `Pa_Initialize` has failed."""

        PortAudioError = RuntimeError
        started = 0

        def _terminate(self) -> None:
            raise RuntimeError("PortAudio not initialized")

        def _initialize(self) -> None:
            self.started += 1

    monkeypatch.setattr(portaudio, "remove_surround_encoder", lambda: None)
    ended = Ended()
    restart(ended)
    assert ended.started == 1


def test_names_come_printable_and_their_spelling_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        """sounddevice, as far as it reads texts."""

        @staticmethod
        def _ffi_string(text: bytes) -> bytes:
            return text

    fake: Any = Library()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    for _ in range(2):
        assert load_sounddevice()._ffi_string(b"R\xd8DE\x1b\n") == "R�DE� ".encode()
    assert portaudio._alsa_names["R�DE� "] == b"R\xd8DE\x1b\n"


@pytest.fixture
def alsa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ALSA of its own: a device with a name in Latin-1, another one that is null, and one of a dead server."""
    if reason := missing_programs():
        pytest.skip(reason)
    (tmp_path / "asound.conf").write_bytes(ALSA_CONF)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none")


@pytest.mark.soundcard
@pytest.mark.usefixtures("alsa")
async def test_one_bad_name_hides_no_device_and_null_is_no_microphone() -> None:
    rows = await call_with_portaudio("device_list:sound_device_rows")
    null = {row["name"] for row in rows if row["kind"] == "input" and row["is_null"]}
    assert null == {"R�DE", "esc"}
    assert await try_portaudio() == null
    assert not await call_with_portaudio("device_list:has_microphone")


@pytest.mark.soundcard
@pytest.mark.usefixtures("alsa")
async def test_a_device_with_a_bad_name_can_be_opened() -> None:
    assert await call_isolated(f"{__name__}:opened", limit_s=TRIAL_LIMIT_S) == "R�DE"


def opened() -> str:
    """Open the device with the bad name, in a process of its own; return its name as sounddevice tells it."""
    sd = load_sounddevice()
    index = next(each["index"] for each in sd.query_devices() if each["name"].startswith("R"))
    with sd.RawInputStream(device=index, samplerate=16_000, channels=1, dtype="int16"):
        return str(sd.query_devices(index)["name"])


@pytest.mark.soundcard
@pytest.mark.usefixtures("alsa")
@pytest.mark.parametrize("broken", ["pcm.!default { type null", "pcm.!default", "<no.such.file>"])
async def test_a_broken_configuration_has_its_remedy_until_it_is_mended(tmp_path: Path, broken: str) -> None:
    (tmp_path / ".asoundrc").write_text(broken)
    (tmp_path / "asound.conf").write_text("</usr/share/alsa/alsa.conf>\n")
    with pytest.raises(CaptureError, match=r"cannot be started \(.*look at /etc/asound\.conf and ~/\.asoundrc"):
        await try_portaudio()
    (tmp_path / ".asoundrc").unlink()
    assert await try_portaudio() == frozenset()


@pytest.mark.soundcard
@pytest.mark.usefixtures("alsa")
async def test_a_trial_that_nothing_awaits_is_ended_and_the_next_one_is_another() -> None:
    await begin_trial()
    cancel_trial()
    cancel_trial()  # there is none
    await until(lambda: not any(task.get_name() == "portaudio" for task in asyncio.all_tasks()))
    assert await try_portaudio() == {"R�DE", "esc"}
