"""Guided measurement of the loudness at the cot on the terminal, for `babycryd soothing --calibrate`."""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Final

from babycryd.cli.common.configured import why
from babycryd.control.loudness import TEST_SOUND, LoudnessFile, loudness_of
from babycryd.soothe.loudness import TEST_S, TEST_VOLUME, Calibration, refusal
from babycryd.soothe.mixer_player import MixerPlayer
from babycryd.soothe.player import PlayerError, until_silent
from babycryd.soothe.settings import LullabySettings

GUIDE: Final = f"""\
You need a phone with a sound level meter that shows dB(A). Your baby is not in the cot meanwhile.
1. Set the speaker's own volume as it is at night.
2. Lay the phone where your baby's head lies. The room is quiet.
3. Press Enter here. A noise plays for {TEST_S:.0f} seconds at most.
4. Read the figure, and type it here.
"""
_FADE_S: Final = 0.01
Sound = Callable[[], AbstractContextManager[None]]


def calibrate(settings: LullabySettings, file: LoudnessFile, sound: Sound) -> int:
    """Guide the owner through the measurement and keep it; return the exit code. `sound` plays while it is entered."""
    sys.stdout.write(GUIDE)
    if not _ask("Enter to play: "):
        return _stopped("it was given up")
    try:
        with sound():
            answer = _ask("dB(A) at the cot: ").strip().replace(",", ".")
    except PlayerError as error:
        return _stopped(f"{error}; a running babycryd may hold the speaker: measure on its page, or stop it first")
    try:
        reading_dba = float(answer)
    except ValueError:
        return _stopped(f"{answer!r} is no figure" if answer else "it was given up")
    if refused := refusal(reading_dba):
        return _stopped(refused)
    calibration = Calibration(settings.device or "", reading_dba, time.time())
    try:
        file.write(calibration)
    except OSError as error:
        return _stopped(why(error))
    known = loudness_of(calibration, settings, settings.max_volume)
    sys.stdout.write(
        f"kept in {file.path}; a running babycryd uses it within seconds\n"
        f"a volume of 100 % is now about {known.full_dba:.0f} dB(A) at the cot; "
        f"no sound is louder than {known.cap_dba:g} dB(A) (lullaby.max_dba)\n"
    )
    return 0


@contextlib.contextmanager
def played_test_sound(device: str | None) -> Iterator[None]:
    """Play the test sound while the block runs, TEST_S at most. Raises PlayerError where it cannot begin."""
    begun: Future[None] = Future()
    ended = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_play(device, begun, ended)), name="test-sound")
    thread.start()
    try:
        begun.result()
        yield
    finally:
        ended.set()
        thread.join()


async def _play(device: str | None, begun: "Future[None]", ended: threading.Event) -> None:
    player = MixerPlayer(device)
    try:
        await player.play((TEST_SOUND,), repeat_one=True, volume=TEST_VOLUME, fade_in_s=0.0)
    except Exception as error:  # noqa: BLE001  # the thread that waits raises it
        begun.set_exception(error)
    else:
        begun.set_result(None)
        await asyncio.to_thread(ended.wait, TEST_S)
        with contextlib.suppress(PlayerError):
            await player.fade_out(_FADE_S)
            await until_silent(player)
    finally:
        with contextlib.suppress(PlayerError):
            await player.close()


def _ask(question: str) -> str:
    """Return a line of the standard input, "" at its end."""
    sys.stdout.write(question)
    sys.stdout.flush()
    return sys.stdin.readline()


def _stopped(reason: str) -> int:
    sys.stderr.write(f"babycryd soothing: nothing was measured: {reason}\n")
    return 1
