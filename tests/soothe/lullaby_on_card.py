"""Run by test_speaker_lost.py where the virtual sound card is the only one: a soother that never stops.

Prints a line for each of its words; ends on SIGTERM as the daemon does.
"""

import asyncio
import signal
import time

from babycryd.bus import Bus
from babycryd.events import CryStarted, SootheEvent, name_of
from babycryd.soothe.player import MixerPlayer
from babycryd.soothe.policy import LullabySettings, SoothePolicy
from babycryd.soothe.soother import Soother
from babycryd.soothe.tracks import list_tracks

SETTINGS = LullabySettings(max_volume=0.8, fade_in_s=0.2, fade_out_s=1.0, playlist="first")


async def main() -> None:
    bus, stop = Bus(), asyncio.Event()
    words = bus.subscribe("words")
    soother = Soother(SoothePolicy(SETTINGS, list_tracks(None)), MixerPlayer(SETTINGS), bus.subscribe("soothe"), bus)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def tell() -> None:
        async for event in words:
            if isinstance(event, SootheEvent):
                print(name_of(event), getattr(event, "error", ""), flush=True)  # noqa: T201

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(soother.run()), group.create_task(tell())]
        bus.publish(CryStarted(0.0, time.time(), "e", 0.9))
        await stop.wait()
        await soother.close()
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()


asyncio.run(main())
