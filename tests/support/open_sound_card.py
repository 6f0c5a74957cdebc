"""A virtual sound card that every user may use, for programs in containers: a quiet room, and what is played there."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from tests.support.booted_debian import ASOUND, CARD
from tests.support.demo_sound import demo_samples
from tests.support.patience import HANG_S, wait_until

SOCKET = "unix:/run/card"  # in the files of the booted machine


@dataclass(frozen=True, slots=True)
class OpenSoundCard:
    """The card's folder: `pulse.sock`, and `asound.conf` for programs that see the folder as `seen_as`."""

    folder: Path

    def asound_conf(self, seen_as: str) -> Path:
        path = self.folder / "asound.conf"
        path.write_text(ASOUND.replace(SOCKET, f"unix:{seen_as}/pulse.sock"))
        return path

    def playing(self, path: Path) -> list[str]:
        """The command that plays a file into the room, to its end."""
        return ["paplay", f"--server=unix:{self.folder}/pulse.sock", "--device=room", str(path)]

    def play(self, path: Path) -> None:
        """Plays a file into the room, to its end."""
        subprocess.run(self.playing(path), check=True, capture_output=True)


@contextmanager
def open_sound_card(folder: Path) -> Iterator[OpenSoundCard]:
    """Runs one while the block does; skips where PulseAudio is missing."""
    if shutil.which("pulseaudio") is None or shutil.which("paplay") is None:
        pytest.skip("no pulseaudio: apt install pulseaudio pulseaudio-utils")
    folder.chmod(0o755)
    (folder / "card.pa").write_text(CARD.replace("socket=/run/card", f"socket={folder}/pulse.sock"))
    options = ["-n", "-F", str(folder / "card.pa"), "--exit-idle-time=-1", "--use-pid-file=no", "--daemonize=no"]
    env = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(["pulseaudio", *options], env=env, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until((folder / "pulse.sock").exists, HANG_S, lambda: "no socket of PulseAudio")
            card = OpenSoundCard(folder)
            with subprocess.Popen(card.playing(_quiet(folder / "quiet.wav"))):
                try:
                    yield card
                finally:
                    process.terminate()
        finally:
            process.terminate()


def _quiet(path: Path) -> Path:
    """Writes 20 minutes of a quiet room: digital silence would be a broken microphone."""
    soundfile.write(path, np.tile(demo_samples()[-20 * SAMPLE_RATE_HZ :], 60), SAMPLE_RATE_HZ)
    return path


def a_cry(path: Path) -> Path:
    """Writes 13 s of a cry; returns the path."""
    soundfile.write(path, demo_samples()[23 * SAMPLE_RATE_HZ : 36 * SAMPLE_RATE_HZ], SAMPLE_RATE_HZ)
    return path
