"""A microphone and a speaker that can be unplugged each for itself: two private sound servers, one daemon."""

import json
import re
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.patience import HANG_S, Stopwatch, wait_until
from tests.support.sound_card import ASOUND_CONF, SoundCard

CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
capture: {{device: usbmic}}
detection: {{episode: {{minimum_s: 1, quiet_s: 6}}}}
lullaby: {{fade_in_s: 0.2, fade_out_s: 0.2, cooldown_s: 0, calm_s: 20}}
self_test: {{every_h: 0}}
web: {{enabled: false}}
mqtt: {{{login}}}
"""
TOLD_S = 5.0  # the promise: so soon it is deaf, and so soon after the device is back it hears
MARGIN_S = 1.0  # of a busy machine, from the daemon's log to us
LOADED_S = 15.0  # a busy machine takes its time to load the libraries of a new process


def crying(seconds: float = 60.0) -> NDArray[np.floating[Any]]:
    """The demo's baby, on and on."""
    night = DemoNight()
    cry = next(scene for scene in night.scenes if scene.what == "cry")
    sound = demo_samples()[int(cry.start_s * SAMPLE_RATE_HZ) : int(cry.end_s * SAMPLE_RATE_HZ)]
    return np.resize(sound, int(seconds * SAMPLE_RATE_HZ))


class UnpluggableSound:
    """`with UnpluggableSound(broker, folder) as nursery:` the daemon hears a quiet room.

    `usb` is the microphone's sound server, whose room is the nursery; `card` the speaker's.
    """

    def __init__(self, broker: Broker, folder: Path, *, plugged: bool = True) -> None:
        self._folder = folder
        self._plugged = plugged
        settings = {"folder": folder, "login": broker.login(folder)}
        self._config = write_config(folder, CONFIG.format(**settings))
        self._subscriber = broker.subscriber()
        self.card, self.usb = SoundCard(), SoundCard()
        self.source = "mic"  # of the microphone's server
        self.line = 0  # of the log, behind the last one that was waited for

    def __enter__(self) -> Self:
        self.card.__enter__()
        self.usb.__enter__()
        self.home: Subscriber = self._subscriber.__enter__()
        self.usb.room_noise(2e-3)
        self.list_microphones(*(["usbmic"] if self._plugged else []))
        if not self._plugged:
            self.usb.kill()
        self._start()
        if self._plugged:
            self.hears(within_s=TOLD_S + LOADED_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.daemon.__exit__(kind, error, at)
        self._subscriber.__exit__(kind, error, at)
        self.usb.__exit__(kind, error, at)
        self.card.__exit__(kind, error, at)

    def list_microphones(self, *names: str) -> None:
        """These, in this order, are at the microphone's server; before them the speaker's server has one of its own."""
        socket = f"unix:{self.usb.home}/pulse/native"
        device = f'type pulse server "{socket}" device "{self.source}"'
        inputs = [f'pcm.{name} {{ {device} hint {{ show on description "{name}" }} }}\n' for name in names]
        (self.card.home / "asound.conf").write_text(ASOUND_CONF + "".join(inputs))

    def says(self, pattern: str, within_s: float) -> str:
        """The next line of the log that matches; a daemon that gave itself up is started again, as systemd does."""
        stopwatch = Stopwatch()
        while True:
            if self.daemon.process.poll() == 1 and any("only a restart helps" in line for line in self.daemon.lines):
                self.daemon.__exit__(None, None, None)
                self._start()
                stopwatch, within_s = Stopwatch(), within_s + LOADED_S
            for number, line in enumerate(self.daemon.lines[self.line :], self.line):
                if re.search(pattern, line):
                    self.line = number + 1
                    return line
            if stopwatch.over(within_s):
                raise AssertionError(f"not said within {within_s:g} s: {pattern}\n" + "\n".join(self.daemon.lines))
            time.sleep(0.02)

    def cry(self) -> None:
        """The baby cries until `hush`, and the home knows."""
        self.home.heard.clear()
        self.usb.play(crying())
        self.home.expect("/cry", "ON", within_s=10)

    def hush(self) -> None:
        self.usb.end_players()

    def deaf(self, reason: str) -> None:
        """It says so in time, and the episode ends with it."""
        self.says(f"deaf: .*{reason}", TOLD_S + MARGIN_S)
        self.home.expect("/cry", "OFF", within_s=3)
        wait_until(lambda: self._state() == "deaf", HANG_S, lambda: self.home.heard)
        wait_until(lambda: self._ended_because() == ["deaf"], HANG_S, lambda: self.home.heard)

    def _state(self) -> str:
        return str(json.loads(self.home.payloads("nursery/state")[-1])["state"])

    def _ended_because(self) -> list[str]:
        told = [json.loads(payload) for payload in self.home.payloads("/episode")]
        return [each["reason"] for each in told if each["type"] == "end"]

    def hears(self, within_s: float = TOLD_S + MARGIN_S) -> None:
        self.says("listening to usbmic", within_s)

    def plays(self) -> bool:
        """Whether the speaker is heard in the next second."""
        return bool(np.std(self.card.record_speaker(1.0)) > 1e-3)

    def silent_for(self, seconds: float) -> bool:
        """Whether it does not claim to listen meanwhile."""
        time.sleep(seconds)
        return not any("listening to" in line for line in self.daemon.lines[self.line :])

    def stop(self) -> None:
        """Stops the daemon within two seconds, also where a device hangs."""
        assert self.daemon.stop(within_s=2.0) == 0

    def _start(self) -> None:
        self.line = 0
        self.daemon = RunningDaemon(["run", "--config", str(self._config)], self.card.env).__enter__()
