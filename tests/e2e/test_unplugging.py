"""Faults of the microphone while the baby cries: told within five seconds, and heard again within five.

The real daemon and broker, on virtual cards. What the signal alone decides is tested without them, too
(tests/unit/capture/test_signal_watch.py, test_supervisor.py), so the slow ones of these run only with BABYCRYD_SLOW=1.
What USB says of a card can only be imagined here, as the kernel has no ALSA: test_twins.py,
tests/unit/capture/test_device_matching.py.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.broker import Broker
from tests.support.patience import wait_until
from tests.support.sound_card import RATE_HZ
from tests.support.unpluggable_sound import TOLD_S, UnpluggableSound

pytestmark = [pytest.mark.soundcard, pytest.mark.broker]

TIME_S = np.arange(20 * RATE_HZ) / RATE_HZ
LOUD = np.clip(2 * np.random.default_rng(5).standard_normal(8 * RATE_HZ), -1, 1)


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


def test_unplugged_and_replugged_under_another_number(broker: Broker, tmp_path: Path) -> None:
    with UnpluggableSound(broker, tmp_path) as nursery:
        nursery.cry()
        nursery.list_microphones()
        nursery.usb.kill()
        nursery.deaf("usbmic|sound system hangs")
        # Another microphone is there, that of the speaker's server, and it is not listened to.
        nursery.says("deaf: .*usbmic.*found instead: .*mic", 5)
        nursery.list_microphones("aaa", "usbmic")
        nursery.usb.start()
        nursery.hears()
        nursery.cry()
        nursery.stop()


def test_suspended_then_muted_then_stopped_while_stalled(broker: Broker, tmp_path: Path) -> None:
    with UnpluggableSound(broker, tmp_path) as nursery:
        nursery.cry()
        nursery.usb.suspend_microphone()
        nursery.deaf("no sound for 2 s")
        nursery.usb.suspend_microphone(suspended=False)
        nursery.hears()
        nursery.hush()
        nursery.cry()
        nursery.usb.mute_microphone()
        nursery.deaf("only digital silence")
        nursery.usb.mute_microphone(muted=False)
        nursery.hears()
        nursery.usb.suspend_microphone()
        nursery.says("deaf: no sound", 5.5)
        nursery.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (np.full(len(TIME_S), 0.2), "the same samples again and again"),
        (0.2 * np.sin(2 * np.pi * 50 * TIME_S) + 0.1 * np.sin(2 * np.pi * 150 * TIME_S), "only mains hum .50 Hz."),
    ],
    ids=["constant", "hum"],
)
def test_a_signal_that_is_no_sound(
    broker: Broker, tmp_path: Path, sound: NDArray[np.floating[Any]], reason: str
) -> None:
    with UnpluggableSound(broker, tmp_path) as nursery:
        nursery.cry()
        nursery.hush()
        nursery.usb.end_noise()
        nursery.usb.play(sound)
        nursery.deaf(reason)
        nursery.hush()
        nursery.usb.room_noise(2e-3)
        nursery.hears()
        nursery.stop()


@pytest.mark.slow
def test_clipping_is_told_and_is_not_deaf(broker: Broker, tmp_path: Path) -> None:
    with UnpluggableSound(broker, tmp_path) as nursery:
        nursery.cry()
        nursery.usb.play(LOUD)
        nursery.says("usbmic clips, .*lower its gain", 6)
        assert not any("deaf" in line for line in nursery.daemon.lines)
        nursery.stop()


@pytest.mark.slow
def test_there_only_a_minute_after_the_start(broker: Broker, tmp_path: Path) -> None:
    with UnpluggableSound(broker, tmp_path, plugged=False) as nursery:
        nursery.says("deaf: no microphone 'usbmic'.*found instead: ", 20)
        time.sleep(60)
        nursery.list_microphones("usbmic")
        nursery.usb.start()
        nursery.hears()
        nursery.cry()
        nursery.stop()


def test_the_speaker_lost_and_back_while_the_baby_cries(broker: Broker, tmp_path: Path) -> None:
    with UnpluggableSound(broker, tmp_path) as nursery:
        nursery.cry()
        nursery.says("lullaby starts", 4)
        nursery.card.kill()
        nursery.says("lullaby cannot play", 3)
        time.sleep(6)
        nursery.card.start()
        nursery.says("lullaby starts", 5.5)
        assert nursery.plays()
        assert not any("deaf" in line for line in nursery.daemon.lines)
        told = nursery.home.payloads("/cry")
        assert "OFF" not in told[told.index("ON") :]  # the broker may have been reached after the first sound
        nursery.stop()


def test_both_sound_servers_restarted(broker: Broker, tmp_path: Path) -> None:
    with UnpluggableSound(broker, tmp_path) as nursery:
        nursery.cry()
        nursery.usb.kill()
        nursery.card.kill()
        nursery.deaf("")
        nursery.card.start()
        nursery.usb.start()
        nursery.hears()
        nursery.cry()
        # Whether one that had begun when the servers went goes on, or another starts: it is heard.
        wait_until(nursery.plays, 6, lambda: nursery.daemon.lines)
        nursery.stop()


class PipedMicrophone:
    """A source of the sound server that delivers as many samples a second as it is told to."""

    def __init__(self, path: Path) -> None:
        self.rate_hz = RATE_HZ
        self._path = path
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._play, name="piped-microphone")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _play(self) -> None:
        random, due_s = np.random.default_rng(1), time.monotonic()
        pipe = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
        while not self._ended.is_set():
            due_s += 0.02
            time.sleep(max(0.0, due_s - time.monotonic()))
            with contextlib.suppress(BlockingIOError):  # the pipe has no reader
                os.write(pipe, random.integers(-300, 300, self.rate_hz // 50).astype("<i2").tobytes())
        os.close(pipe)


@pytest.mark.slow
def test_a_microphone_at_a_wrong_rate(broker: Broker, tmp_path: Path) -> None:
    with UnpluggableSound(broker, tmp_path) as nursery:
        pipe = nursery.usb.add_piped_source("piped")
        nursery.source = "piped"
        nursery.list_microphones("usbmic")
        with PipedMicrophone(pipe) as microphone:
            nursery.usb.suspend_microphone()  # the ears go on to the other source of that name
            nursery.says("deaf: no sound", 5)
            nursery.hears()
            microphone.rate_hz = RATE_HZ // 2
            nursery.says("deaf: usbmic delivers [78][0-9]{3} samples a second instead of 16000", TOLD_S)
            assert nursery.silent_for(4)  # it is not believed as long as the rate is wrong
            microphone.rate_hz = RATE_HZ
            nursery.hears()
        nursery.stop()
