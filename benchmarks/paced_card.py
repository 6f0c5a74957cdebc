"""Sound card without hardware on plain ALSA, as Raspberry Pi OS Lite has it: no sound server runs."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ

PLUGIN: Final = Path(__file__).with_name("paced_alsa.c")
_ROOM_S: Final = 18  # of sound, which begins again at its end
_NOISE: Final = 1e-3  # RMS, as of `tests/support/sound_card.py`
_CONFIG: Final = """\
</usr/share/alsa/alsa.conf>
pcm_type.paced {{ lib "{library}" }}
pcm.!default {{ type plug slave.pcm {{ type paced }} }}
pcm.mic {{ type paced infile "{room}" hint {{ show on description "mic" }} }}
"""


class PacedCard:
    """Card of `paced_alsa.c`, with the methods of `SoundCard` that a benchmark needs; needs gcc and libasound2-dev."""

    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="babycryd-paced-"))
        library, self._room = self.home / "paced_alsa.so", self.home / "room.raw"
        compiled = ["gcc", "-O2", "-shared", "-fPIC", "-DPIC", "-o", str(library), str(PLUGIN), "-lasound"]
        subprocess.run(compiled, check=True)
        self.room_noise()
        (self.home / "asound.conf").write_text(_CONFIG.format(library=library, room=self._room))
        nowhere = {"PULSE_SERVER": f"unix:{self.home}/none", "SDL_AUDIODRIVER": "alsa"}
        self.env = os.environ | {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home)} | nowhere
        self.env |= {"ALSA_CONFIG_PATH": str(self.home / "asound.conf")}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def room_noise(self) -> None:
        """Let there be steady noise in the room."""
        noise = np.random.default_rng(1).standard_normal(_ROOM_S * SAMPLE_RATE_HZ)
        self._room.write_bytes(_to_int16(_NOISE * noise).tobytes())

    def play(self, samples: NDArray[np.floating[Any]]) -> None:
        """Let samples, (n,) in [-1, 1], sound in the room again and again; cut to 18 s."""
        sound = np.resize(samples, _ROOM_S * SAMPLE_RATE_HZ)
        with self._room.open("r+b") as file:  # in place: the microphone reads it
            file.write(_to_int16(sound).tobytes())


def _to_int16(samples: NDArray[np.floating[Any]]) -> NDArray[np.int16]:
    return np.asarray(np.round(np.clip(samples, -1, 1) * 32767), "<i2")
