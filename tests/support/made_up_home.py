"""A made-up home behind the page: thirty nights, sounds that were tried, two clips, settings."""

import random
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from babycryd.clips.queries import ClipQueries
from babycryd.core.check_result import CheckResult
from babycryd.core.events import ControlsChanged, Event, Hearing, LevelMeasured, StateChanged
from babycryd.core.records import Episode, SoundTried, Span
from babycryd.core.soothing_events import Outcome, SoothingLearnt, SoundFigures
from babycryd.core.sounds import Loudness
from babycryd.daemon.page_settings import LivePageSettings
from babycryd.editing.editor import ConfigEditor
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryWriter
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from babycryd.soothe.tracks import shipped_tracks
from babycryd.system.worker_process import WorkerProcess
from tests.support.clip_room import make_clip
from tests.support.sample_nights import BERLIN, clock, cry, span_of
from tests.support.serving import ServedDevice

_EVENING_HOUR: Final = ReportSettings().hours[0].hour

_LEARNT: Final = (
    SoundFigures("rain", 14, 11, 140.0, 0.62),
    SoundFigures("hummed-lullaby", 9, 6, 205.0, 0.27),
    SoundFigures("shushing", 6, 3, 95.0, 0.08),
    SoundFigures("heartbeat", 4, 0, None, 0.01),
)


def tried(episode: Episode, *sounds: tuple[str, Outcome, float]) -> Episode:
    """The episode with sounds that soothing tried: name, outcome, and how long each took."""
    judged = enumerate(sounds, start=1)
    return replace(
        episode, sounds=tuple(SoundTried(episode.id, step, name, how, took_s) for step, (name, how, took_s) in judged)
    )


def night(day: date, rng: random.Random, ago: int) -> Span:
    """A night that is the worse, the longer ago it was."""
    starts = rng.sample(["20:10", "21:40", "23:05", "00:50", "02:15", "03:30", "04:45", "06:20"], 1 + (ago + 8) // 8)
    cries = [
        tried(
            cry(start, minutes := round(2 + rng.random() * (4 + ago / 2), 1), day=day),
            ("shushing", "same", 80.0),
            ("rain", "calm", 45.0 * minutes),
        )
        for start in sorted(starts, key=lambda each: (each < "12", each))
    ]
    if ago % 3 == 0:
        cries.append(cry("10:20", 3.0, music=False, day=day))
    gaps = [("20:30", "22:00", "off")] if ago == 11 else []
    return span_of(cries, gaps, day=day, whole_day=True, listened=ago != 17)  # type: ignore[arg-type]  # a literal


def tonight() -> date:
    """Return the date of the morning after the night that the page begins with: the last that has begun."""
    now = datetime.now(BERLIN)
    return now.date() + timedelta(days=now.hour >= _EVENING_HOUR)


def busy(day: date, now: datetime) -> Span:
    """A night of many cries, as far as it has come by now."""
    starts = ["18:25", "19:50", "21:15", "22:40", "00:20", "01:45", "03:10", "04:40", "06:05"]
    past = [start for start in starts if clock(start, day) < now.timestamp()]
    cries = [cry(start, 4.0 + 3 * (place % 4), day=day) for place, start in enumerate(past)]
    sounds: tuple[tuple[str, Outcome, float], ...] = (("shushing", "same", 80.0), ("rain", "calm", 130.0))
    return span_of([tried(each, *sounds) for each in cries], day=day, whole_day=True)


def made_up_device(
    folder: Path, today: date, trouble: CheckResult | None = None, *, busy_now: bool = False
) -> ServedDevice:
    """A device whose last night is that before `today`, and whose checks are in order but for the `trouble`.

    `busy_now`: its last night had many cries.
    """
    rng = random.Random(4)  # noqa: S311  # the same nights each time
    writer = HistoryWriter(folder, RetentionLimits(10_000, 50))
    last: list[str] = []
    known_ids: list[str] = []
    for ago in range(36, -1, -1):
        span = night(today - timedelta(days=ago), rng, ago)
        if busy_now and not ago:
            span = busy(today, datetime.now(BERLIN))
        known = [each for each in span.stretches if each.doing != "off"]
        writer.keep([*span.episodes, *span.lullabies, *known, *(s for e in span.episodes for s in e.sounds)], 0.0)
        known_ids += [each.id for each in span.episodes]
        last = [each.id for each in span.episodes] if ago == 1 else last
    writer.close()
    for episode in last:
        make_clip(folder, episode)
    pictures = WorkerProcess()
    nights = NightQueries(HistoryReader(folder), ReportSettings(), BERLIN, pictures=pictures)
    device = ServedDevice(nights=nights, clips=ClipQueries(folder, pictures), pictures=pictures, room="Nursery")
    device.episodes = tuple(known_ids)
    device.tracks = tuple(each.name for each in shipped_tracks())
    device.results = (trouble or CheckResult("broker", good=True, text=""), CheckResult("cloud", good=None, text=""))
    device.results += (CheckResult("alerts", good=None, text=""), CheckResult("disk", good=True, text="12 GB free"))
    return device


def settled(now_s: float) -> list[Event]:
    """What has happened before: the microphone hears, the room is quiet, sounds were learnt."""
    return [
        Hearing(0.0, "USB PnP Sound Device"),
        StateChanged(0.5, "listening", now_s - 2700, None),
        ControlsChanged(0.5, 60.0, 0.8, None, 0.0, Loudness(46.0, 50.0, 50.0, 40.0)),
        SoothingLearnt(0.5, None, _LEARNT),
        LevelMeasured(0.9, -51.0, -58.0),
    ]


async def _reloaded() -> None:
    """Stand for the daemon that reads its settings again."""


def made_up_settings(folder: Path, *, written: bool) -> LivePageSettings:
    """Settings of a home whose owner has `written` a configuration, or has not."""
    path = folder / "babycryd.yaml"
    if written:
        path.write_text(
            "# ours\ndetection:\n  threshold: 0.65  # the cat is old\nlullaby: {quiet_hours: '22:00-06:00'}\n"
        )
    editor = ConfigEditor(path, folder / "settings", date.today)
    return LivePageSettings(editor, _reloaded, lambda: None, lambda: ["soothing.strategy"], time.monotonic)
