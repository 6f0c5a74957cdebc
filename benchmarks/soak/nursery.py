"""The daemon's process in the soak: everything but the clocks, the microphone and the loudspeaker is real.

    python -m benchmarks.soak.nursery CONFIG --days 7

Tells on stdout, one JSON object a line: `figures` of the process every ten minutes of its time, what the `broker` is to
suffer, each `cry` that the daemon begins and each that it has `ended`, why it is `deaf`, what `soothing` does, and at
last the `runs` of sound that the microphone has delivered.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from babycryd.system.memory import keep_memory_small
from benchmarks.soak.sound_devices import Loudspeaker, Microphone
from benchmarks.soak.virtual_time import VirtualClock, run
from benchmarks.soak.week import Fault, Week

BEGIN_UTC_S: Final = 1_792_620_000.0  # Thursday, 22 October 2026, midnight in Berlin: summer time ends on the Sunday
FIGURES_EVERY_S: Final = 600.0


def tell(what: str, content: Any) -> None:
    sys.stdout.write(json.dumps({what: content}) + "\n")
    sys.stdout.flush()


class Misfortune:
    """Lets the script's faults happen."""

    def __init__(self, microphone: Microphone, speaker: Loudspeaker, clock: VirtualClock, config: Path) -> None:
        self._microphone = microphone
        self._speaker = speaker
        self._clock = clock
        self._config = config
        self._text = config.read_text()
        self._reloads = 0

    async def follow(self, faults: tuple[Fault, ...]) -> None:
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._suffer(fault))

    async def _suffer(self, fault: Fault) -> None:
        await asyncio.sleep(fault.start_s - self._microphone.now_s)
        part, _, how = fault.kind.partition(" ")
        match part:
            case "microphone":
                self._microphone.broken = fault.kind
            case "speaker":
                self._speaker.broken = True
            case "broker":
                tell("broker", how)
            case "clock":
                self._clock.step(fault.by_s)
            case "reload":
                self._reload()
        await asyncio.sleep(fault.end_s - self._microphone.now_s)
        match part:
            case "microphone":
                self._microphone.broken = ""
            case "speaker":
                self._speaker.broken = False
            case "broker":
                tell("broker", f"well after {how}")

    def _reload(self) -> None:
        self._reloads += 1
        partial = self._config.with_suffix(".partial")
        partial.write_text(self._text.replace("update_s: 10", f"update_s: {10 + self._reloads % 2}"))
        partial.replace(self._config)
        os.kill(os.getpid(), signal.SIGHUP)


def _entries(folder: str | Path) -> int:
    return sum(1 for _ in Path(folder).iterdir())


async def _measure(microphone: Microphone, state: Path) -> None:
    from babycryd.system.vitals import rss_mb

    while True:
        await asyncio.sleep(FIGURES_EVERY_S)
        figures = {
            "at_s": microphone.now_s,
            "rss_mb": rss_mb(),
            "descriptors": _entries("/proc/self/fd") - 1,  # its own look at them
            "threads": _entries("/proc/self/task"),
            "temporary_files": _entries(tempfile.gettempdir()),
            "state_files": _entries(state),
        }
        tell("figures", figures)


async def _tap(events: Any, microphone: Microphone) -> None:
    from babycryd.core.events import CryEnded, CryStarted, Deaf
    from babycryd.core.soothing_events import LullabyStarted, NeedsYou, SoundJudged

    async for event in events:
        match event:
            case CryStarted(utc_s=utc_s, episode=episode):
                tell("cry", {"at_s": microphone.at_s(utc_s), "id": episode})
            case CryEnded(episode=episode):
                tell("ended", episode)
            case Deaf(reason=reason):
                tell("deaf", reason)
            case LullabyStarted():
                tell("soothing", "sound started")
            case SoundJudged(outcome=outcome):
                tell("soothing", f"sound judged: {outcome}")
            case NeedsYou():
                tell("soothing", "needs you")


async def _live(clock: VirtualClock, config: Path, week: Week) -> None:
    from babycryd.config import load, state_folder
    from babycryd.daemon.daemon import Daemon
    from babycryd.daemon.vital_parts import Hardware
    from babycryd.system.log import set_up_logging

    settings = load(config)
    set_up_logging(settings.log.format, settings.log.level)
    microphone = Microphone(week, clock)
    speaker = Loudspeaker(clock.monotonic)
    daemon = Daemon(settings, lambda: load(config), Hardware(microphone, speaker))
    events = daemon._bus.subscribe("soak", 10_000)  # noqa: SLF001  # only the soak looks over its shoulder
    others = [
        asyncio.create_task(each, name="soak")
        for each in (
            Misfortune(microphone, speaker, clock, config).follow(week.faults),
            _measure(microphone, state_folder(settings, os.environ)),
            _tap(events, microphone),
        )
    ]
    await daemon.run()
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    tell("runs", [asdict(run) for run in microphone.runs])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--days", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--begin-utc-s", type=float, default=BEGIN_UTC_S)
    parser.add_argument("--restless", action="store_true", help="a cry about every half a minute, nothing else")
    parser.add_argument("--faults", type=json.loads, help='a JSON object: how often each kind a day; "{}" for none')
    arguments = parser.parse_args()
    clock = VirtualClock(arguments.begin_utc_s)
    clock.install()
    keep_memory_small()  # as `babycryd run` does
    import babycryd.daemon.daemon
    import babycryd.history.task
    import babycryd.mqtt.publisher  # all that look at a calendar, before `replace_datetime`
    import babycryd.web.server  # noqa: F401

    week = Week(arguments.days, arguments.seed, arguments.faults, restless=arguments.restless)
    run(clock, _live(clock, arguments.config, week))


if __name__ == "__main__":
    main()
