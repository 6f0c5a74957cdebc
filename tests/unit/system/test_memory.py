"""What the C libraries would keep of the Pi's memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from babycryd.system.memory import available_mb
from tests.support.sound_card import SoundCard

ENCODER = "libavcodec"  # of films; ALSA's a52 plugin loads it
DEVICES = """
import sys
from pathlib import Path
if sys.argv[1] == "ours":
    from babycryd.capture.microphone import load_sounddevice
    sounddevice = load_sounddevice()
else:
    import sounddevice
print(sorted(each["name"] for each in sounddevice.query_devices() if each["max_input_channels"]))
print(Path("/proc/self/maps").read_text())
"""
THREADS = """
import ctypes, sys, threading
from babycryd.system.memory import keep_memory_small
libc = ctypes.CDLL(None)
if sys.argv[1] == "ours":
    keep_memory_small()
at_once = threading.Barrier(5)
def work():
    at_once.wait()
    libc.malloc(1000)
    at_once.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for each in threads:
    each.start()
at_once.wait()
at_once.wait()
for each in threads:
    each.join()
libc.malloc_stats()
"""


@pytest.mark.soundcard
def test_looking_for_devices_loads_no_encoder_and_finds_the_same_microphones() -> None:
    if not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_a52.so")):
        pytest.skip("ALSA has no a52 plugin here: apt install libasound2-plugins")
    with SoundCard() as card:
        names, _, maps = _run(DEVICES, "plain", card.env).partition("\n")
        our_names, _, our_maps = _run(DEVICES, "ours", card.env).partition("\n")
    assert ENCODER in maps  # else this proves nothing
    assert ENCODER not in our_maps
    assert "mic" in our_names
    assert our_names == names


def test_threads_share_one_heap() -> None:
    if sys.platform != "linux":
        pytest.skip("glibc only")
    assert "Arena 1" in _run(THREADS, "plain")
    ours = _run(THREADS, "ours")
    assert "Arena 0" in ours
    assert "Arena 1" not in ours


def _run(program: str, whose: str, env: dict[str, str] | None = None) -> str:
    command = [sys.executable, "-c", program, whose]
    return subprocess.run(
        command, env=env, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ).stdout


def test_the_memory_that_linux_has_left(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:         435000 kB\nMemFree:           20000 kB\nMemAvailable:     120000 kB\n")
    assert available_mb(meminfo) == 120
    meminfo.write_text("MemTotal:         435000 kB\n")
    assert available_mb(meminfo) is None
    assert available_mb(tmp_path / "missing") is None
