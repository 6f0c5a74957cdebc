"""A private virtual sound card: a PulseAudio whose two null sinks are the room and the speaker.

What is played into the room is what the microphone hears; what the daemon plays arrives at the
speaker and can be recorded from there, or let into the room as well (`echo`). Programs see the card
through `SoundCard.env`, and the libraries read that once, so anything under test runs in a subprocess.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.patience import CLOCK_HANG_S, HANG_S, Stopwatch
from tests.support.real_time import share_priority

Samples = NDArray[np.floating[Any]]

RATE_HZ = 16_000
PROGRAMS = ("pulseaudio", "pactl", "pacat", "paplay", "parec")

# norewinds: without it the first block of a null sink comes almost two seconds late.
PULSE_PA = """\
load-module module-native-protocol-unix
load-module module-null-sink norewinds=1 sink_name=room rate=48000 channels=2
load-module module-null-sink norewinds=1 sink_name=speaker rate=48000 channels=2
load-module module-remap-source master=room.monitor source_name=mic channels=1
set-default-sink speaker
set-default-source mic
"""
ASOUND_CONF = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.mic { type pulse device "mic" hint { show on description "mic" } }
pcm.stereomic { type pulse device "room.monitor" hint { show on description "stereomic" } }
pcm.speaker { type pulse device "speaker" hint { show on description "speaker" } }
pcm.spkmon { type pulse device "speaker.monitor" hint { show on description "spkmon" } }
"""


def missing_programs() -> str | None:
    """Why there can be no virtual sound card here, or None."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"no {', '.join(missing)}: apt install pulseaudio pulseaudio-utils libasound2-plugins" if missing else None


class SoundCard:
    """`with SoundCard() as card:` starts the server and skips the test where PulseAudio is not installed.

    `echo` is the volume, 0 to 1, with which the speaker is heard in the room; None is not at all. The room's sound
    comes to the microphone every 30 ms, however seldom its reader asks for it; with `long_steps` as seldom as that, as
    from a real sound card, but the first of it two seconds late.
    """

    def __init__(self, *, echo: float | None = None, long_steps: bool = False) -> None:
        self._echo = echo
        self._long_steps = long_steps
        self._noise_level: float | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._noise: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        if reason := missing_programs():
            pytest.skip(reason)
        # Not pytest's tmp_path: a socket's path may have no more than 107 characters.
        self.home = Path(tempfile.mkdtemp(prefix="babycryd-card-"))
        (self.home / "pulse.pa").write_text(PULSE_PA.replace(" norewinds=1", "") if self._long_steps else PULSE_PA)
        (self.home / "asound.conf").write_text(ASOUND_CONF)
        self.env = os.environ | {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "ALSA_CONFIG_PATH": str(self.home / "asound.conf"),
            "PULSE_SERVER": f"unix:{self.home}/pulse/native",  # named, so that no client starts a server itself
        }
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self) -> None:
        """Start the server; returns when it answers."""
        log = self.home / "pulse.log"
        command = ["pulseaudio", "-n", "-F", str(self.home / "pulse.pa"), "--exit-idle-time=-1", "--use-pid-file=no"]
        options = ["--daemonize=no", f"--log-target=file:{log}"]
        with (self.home / "stderr.log").open("ab") as errors:
            self._server = subprocess.Popen([*command, *options], env=self.env, stdout=errors, stderr=errors)
        stopwatch = Stopwatch()
        while subprocess.run(["pactl", "info"], env=self.env, capture_output=True, check=False).returncode:
            assert self._server.poll() is None, f"pulseaudio ended: {log.read_text(errors='replace')}"
            assert not stopwatch.over(HANG_S), "pulseaudio does not answer"
            time.sleep(0.05)
        share_priority(self._server.pid)
        if self._echo is not None:
            self._load_echo(self._echo)
        if self._noise_level is not None:
            self.room_noise(self._noise_level)

    @property
    def server_pid(self) -> int:
        assert self._server
        return self._server.pid

    def kill(self) -> None:
        """Unplug everything: the server and its players die at once."""
        self.end_noise()
        self.end_players()
        if self._server:
            self._server.kill()
            self._server.wait()
            self._server = None

    def restart(self) -> None:
        """Plug it all in again, room noise and echo as they were."""
        self.kill()
        self.start()

    def end_players(self) -> None:
        """Ends every player that `play` started."""
        for player in self._players:
            player.kill()
            player.wait()
        self._players.clear()

    def suspend_microphone(self, suspended: bool = True) -> None:  # noqa: FBT001, FBT002  # reads well in tests
        """The microphone stalls: it stays open and delivers nothing; False lets it go on."""
        self._pactl("suspend-source", "mic", str(int(suspended)))

    def mute_microphone(self, muted: bool = True) -> None:  # noqa: FBT001, FBT002  # reads well in tests
        """The microphone delivers digital silence only; False ends that."""
        self._pactl("set-source-mute", "mic", str(int(muted)))

    def recorders(self) -> int:
        """How many streams record from the card's sources."""
        return len(json.loads(self._pactl("-f", "json", "list", "source-outputs")))

    def add_piped_source(self, name: str) -> Path:
        """Another microphone, at 16 kHz, whose samples come through the pipe that is returned."""
        path = self.home / f"{name}.pipe"
        self._pactl(
            "load-module", "module-pipe-source", f"source_name={name}", f"file={path}", "rate=16000", "channels=1"
        )
        return path

    def end_noise(self) -> None:
        """What `room_noise` began."""
        if self._noise:
            _end_group(self._noise)
            self._noise = None

    def set_echo(self, volume: float) -> None:
        """How loud the speaker is heard in the room, 0 to 1 as an amplitude; needs `echo=` at the start."""
        inputs = json.loads(self._pactl("-f", "json", "list", "sink-inputs"))
        loop = next(each["index"] for each in inputs if "loopback" in each["driver"])
        # PulseAudio's percentages are cubic: 50 % is an amplitude of 1/8.
        self._pactl("set-sink-input-volume", str(loop), f"{100 * volume ** (1 / 3):.1f}%")

    def play(self, sound: Path | Samples, *, rate_hz: int = RATE_HZ, wait: bool = False) -> subprocess.Popen[bytes]:
        """Play a file, or samples (n,) or (n, channels) in [-1, 1], into the room."""
        path = sound if isinstance(sound, Path) else self.write_wav(sound, rate_hz)
        player = subprocess.Popen(["paplay", "--device=room", str(path)], env=self.env)
        self._players.append(player)
        if wait:
            assert player.wait() == 0, f"paplay failed on {path}"
        return player

    def room_noise(self, level: float = 1e-3) -> None:
        """Steady white noise in the room from now on, so that no microphone hears digital silence; RMS `level`."""
        self._noise_level = level
        rng = np.random.default_rng(1)
        raw = self.home / "noise.raw"
        raw.write_bytes(_to_int16(level * rng.standard_normal(10 * RATE_HZ)).tobytes())
        latency_ms = 2000 if self._long_steps else 100
        form = f"--raw --format=s16le --rate={RATE_HZ} --channels=1 --latency-msec={latency_ms}"
        pacat = f"pacat --playback --device=room {form}"
        loop = f'while cat "{raw}"; do :; done | {pacat}'
        self._noise = subprocess.Popen(["sh", "-c", loop], env=self.env, start_new_session=True, stderr=-3)

    @contextmanager
    def recording_speaker(self, rate_hz: int = RATE_HZ) -> Iterator[list[Samples]]:
        """Record what the speaker plays meanwhile; after the block the list holds it, one array (n,) in [-1, 1]."""
        raw = self.home / f"speaker-{time.monotonic_ns()}.raw"
        options = ["--raw", "--format=s16le", f"--rate={rate_hz}", "--channels=1", "--latency-msec=20"]
        with raw.open("wb") as out:
            recorder = subprocess.Popen(["parec", "--device=speaker.monitor", *options], env=self.env, stdout=out)
        heard: list[Samples] = []
        try:
            yield heard
        finally:
            recorder.send_signal(signal.SIGTERM)
            recorder.wait()
            heard.append(np.frombuffer(raw.read_bytes(), np.int16).astype(np.float32) / 32768)

    def record_speaker(self, seconds: float, rate_hz: int = RATE_HZ) -> Samples:
        """What the speaker plays during the next seconds, (n,) in [-1, 1]."""
        with self.recording_speaker(rate_hz) as heard:
            time.sleep(seconds)
        return heard[0]

    def write_wav(self, samples: Samples, rate_hz: int = RATE_HZ) -> Path:
        """Samples (n,) or (n, channels) in [-1, 1] as a 16-bit file that lives as long as the card."""
        path = self.home / f"sound-{time.monotonic_ns()}.wav"
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            out.setsampwidth(2)
            out.setframerate(rate_hz)
            out.writeframes(_to_int16(samples).tobytes())
        return path

    def _load_echo(self, volume: float) -> None:
        self._pactl("load-module", "module-loopback", "source=speaker.monitor", "sink=room", "latency_msec=30")
        self.set_echo(volume)

    def _pactl(self, *arguments: str) -> str:
        return subprocess.run(
            ["pactl", *arguments], env=self.env, check=True, capture_output=True, text=True, timeout=CLOCK_HANG_S
        ).stdout


def _to_int16(samples: Samples) -> NDArray[np.int16]:
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
