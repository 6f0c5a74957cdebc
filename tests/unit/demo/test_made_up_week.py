"""The made-up nights of the demo: believable, before now, and readable as any others."""

from datetime import date, timedelta
from pathlib import Path

from babycryd.cli.common.made_up_week import write_made_up_week
from babycryd.core.records import LISTENING
from babycryd.demo.week import made_up_nights
from babycryd.history.store import HistoryReader
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from babycryd.report.summary import figures
from babycryd.soothe.beliefs import learnt
from babycryd.soothe.memory_store import MemoryStore
from tests.support.sample_nights import BERLIN, DAY, clock

NOW_UTC_S = clock("09:00")
MIDNIGHTS = [clock("00:00", DAY - timedelta(days=back)) for back in range(27, -1, -1)]


def test_the_same_seed_gives_the_same_nights_and_another_one_others() -> None:
    made = made_up_nights(MIDNIGHTS, NOW_UTC_S)
    assert made == made_up_nights(MIDNIGHTS, NOW_UTC_S)
    assert made != made_up_nights(MIDNIGHTS, NOW_UTC_S, seed=1)


def test_every_cry_is_over_and_apart_from_the_next() -> None:
    for seed in range(20):
        made = made_up_nights(MIDNIGHTS, NOW_UTC_S, seed)
        ends = [each.started_utc_s + each.duration_s for each in made.episodes]
        assert max(ends) < NOW_UTC_S
        assert all(end < later.started_utc_s for end, later in zip(ends, made.episodes[1:], strict=False))
        assert len({each.id for each in made.episodes}) == len(made.episodes) > 28
        assert all(1 <= len(each.sounds) == len(each.lullabies) <= 3 for each in made.episodes)
        assert all(
            one.end_utc_s == other.start_utc_s for one, other in zip(made.stretches, made.stretches[1:], strict=False)
        )


def test_the_demo_has_nights_a_trend_and_sounds_that_calmed(tmp_path: Path) -> None:
    write_made_up_week(tmp_path, NOW_UTC_S, seed=0)
    queries = NightQueries(HistoryReader(tmp_path), ReportSettings(), BERLIN, lambda: NOW_UTC_S)
    night = queries.night(DAY)
    assert night.text.endswith(".")
    assert night.trend != "No night to compare yet."
    week = [figures(each.span) for each in night.week]
    assert sum(each.cries for each in week) >= 7
    assert {each.doing for day in night.week for each in day.span.stretches} > {"deaf", "snoozed"}
    assert all(any(each.doing in LISTENING for each in day.span.stretches) for day in night.week)
    sounds = ("heartbeat", "rain", "brahms-lullaby", "twinkle-twinkle")
    known = learnt(MemoryStore(tmp_path).look(), sounds, 0.0, NOW_UTC_S)
    assert all(each.tries >= 5 for each in known.sounds)


def test_a_demo_in_the_evening_begins_no_night_that_has_not_come() -> None:
    evening_utc_s = clock("18:30")
    midnights = [clock("00:00", date(2026, 11, 24) - timedelta(days=back)) for back in range(27, -1, -1)]
    assert all(each.started_utc_s < evening_utc_s for each in made_up_nights(midnights, evening_utc_s).episodes)
