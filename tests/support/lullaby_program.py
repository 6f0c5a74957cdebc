"""Run by test_speaker_lost.py where the virtual sound card is the only one: a soother that never stops.

Prints a line for each of its words; ends on SIGTERM as the daemon does. With a process id as argument,
that process is killed as soon as the speaker has been opened for the first time.
"""

import asyncio
import os
import signal
import sys
import time
from typing import Any

from babycryd.core.bus import Bus
from babycryd.core.event_json import name_of
from babycryd.core.events import CryStarted
from babycryd.core.soothing_events import SootheEvent
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.lullaby_strategy import LullabyStrategy
from babycryd.soothe.mixer_player import MixerPlayer
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.tracks import list_tracks
from babycryd.system.worker_process import WorkerProcess

SETTINGS = LullabySettings(max_volume=0.8, fade_in_s=0.2, fade_out_s=1.0, playlist="first")


def kill_when_open(pid: int) -> None:
    """The sound server dies between SDL's opening of the speaker and the player's next call."""
    call = WorkerProcess.call

    async def killing(self: WorkerProcess, name: str, **arguments: Any) -> Any:
        result = await call(self, name, **arguments)
        if name == "open":
            setattr(WorkerProcess, "call", call)  # noqa: B010  # mypy knows it as a method
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.5)  # SDL finds out
        return result

    setattr(WorkerProcess, "call", killing)  # noqa: B010


async def main() -> None:
    bus, stop = Bus(), asyncio.Event()
    words = bus.subscribe("words")
    soothing = SoothingController(
        LullabyStrategy(SETTINGS, list_tracks(None)), MixerPlayer(SETTINGS.device), bus.subscribe("soothe"), bus
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def tell() -> None:
        async for event in words:
            if isinstance(event, SootheEvent):
                print(name_of(event), getattr(event, "error", ""), flush=True)  # noqa: T201

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(soothing.run()), group.create_task(tell())]
        bus.publish(CryStarted(0.0, time.time(), "e", 0.9))
        await stop.wait()
        await soothing.close()
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()


if len(sys.argv) > 1:
    kill_when_open(int(sys.argv[1]))
asyncio.run(main())
