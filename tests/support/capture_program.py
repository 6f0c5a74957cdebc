"""A program for the tests: listens with `CaptureSupervisor` and tells what happens, until SIGTERM.

capture_program.py SETTINGS_JSON OUT.npz: one JSON event a line on stdout, each with `elapsed_s`; the captured
samples, their number of gaps, and the largest error of a block's wall clock go to OUT.
"""

import asyncio
import json
import signal
import sys
import time
from contextlib import aclosing

import numpy as np

from babycryd.audio.block import AudioBlock
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus, Subscription
from babycryd.core.event_json import as_json
from tests.support.patience import Stopwatch


async def tell(events: Subscription, started_s: float) -> None:
    async for event in events:
        print(json.dumps(as_json(event) | {"elapsed_s": time.monotonic() - started_s}), flush=True)  # noqa: T201


async def listen(capture: CaptureSupervisor, blocks: list[AudioBlock], clock_errors_s: list[float]) -> None:
    async with aclosing(capture.blocks()) as heard:
        async for each in heard:
            if isinstance(each, AudioBlock):
                blocks.append(each)
                clock_errors_s.append(time.time() - each.utc_s - len(each.samples) / 16_000)


async def main(settings: CaptureSettings, out: str) -> None:
    bus = Bus()
    capture = CaptureSupervisor(settings, bus)
    blocks: list[AudioBlock] = []
    clock_errors_s: list[float] = []
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with asyncio.TaskGroup() as tasks:
        parts = [
            tasks.create_task(tell(bus.subscribe("tell"), time.monotonic()), name="tell"),
            tasks.create_task(listen(capture, blocks, clock_errors_s), name="listen"),
        ]
        await stopped.wait()
        stopping = Stopwatch()
        for part in parts:
            part.cancel()
    stopped_in_s = stopping.elapsed_s()
    print(json.dumps({"event": "end", "stopped_in_s": stopped_in_s, "close_hung": capture.source.close_hung}))  # noqa: T201
    np.savez(
        out,
        samples=np.concatenate([block.samples for block in blocks] or [np.zeros(0, np.float32)]),
        starts_s=[block.start_s for block in blocks],
        ends_s=[block.end_s for block in blocks],
        clock_error_s=np.median(np.abs(clock_errors_s or [0.0])),  # a busy machine is late with some
    )


if __name__ == "__main__":
    asyncio.run(main(CaptureSettings(**json.loads(sys.argv[1])), sys.argv[2]))
