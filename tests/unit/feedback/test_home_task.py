"""The home task between the bus, the file and the learner: it learns at night, in quiet, once."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from babycryd.core.bus import Bus
from babycryd.core.events import CandidateHeard, CryEnded, CryStarted, StateChanged
from babycryd.detect.scoring import EMBEDDING
from babycryd.feedback import home_task
from babycryd.feedback.home_sounds import APART_S, HomeSound
from babycryd.feedback.home_store import HomeStore, LearntHome
from babycryd.feedback.home_task import LEAST_BETWEEN_S, QUIET_S, WRITE_EVERY_S, HomeTask, is_due
from tests.support.patience import until

NIGHT, EVENING = datetime(2026, 11, 28, 3, 30), datetime(2026, 11, 27, 20, 0)  # noqa: DTZ001  # local
LISTENING = StateChanged(0.0, "listening", 1e9)
OTHER = CandidateHeard(701.0, 700.0, 0.3, passes=False, embedding=(0.5,) * EMBEDDING)


class Home:
    """A home with its clocks, which a test moves."""

    def __init__(self, folder: Path) -> None:
        self.bus, self.store = Bus(), HomeStore(folder)
        self.now_s, self.local = 0.0, EVENING
        self.learnt = list[tuple[Sequence[HomeSound], int]]()
        events = self.bus.subscribe("home", only=HomeTask.EVENTS)
        self.bus.publish(LISTENING)
        learn: Callable[[Sequence[HomeSound], int], None] = lambda sounds, night: self.learnt.append((sounds, night))  # noqa: E731
        self.task = HomeTask(self.store, "sha", events, learn, lambda: self.now_s, lambda: self.local)

    def hear(self, event: CandidateHeard) -> None:
        """Hear a sound after a while of listening."""
        self.task._home.note(LISTENING)
        self.task._home.note(event)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(home_task, "CHECK_EVERY_S", 0.01)
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("local", "learnt_on", "quiet_s", "crying", "due"),
    [
        (NIGHT, "2026-11-27", QUIET_S, False, True),
        (NIGHT, "2026-11-28", QUIET_S, False, False),
        (NIGHT, "2026-11-27", QUIET_S - 1, False, False),
        (NIGHT, "2026-11-27", QUIET_S, True, False),
        (NIGHT.replace(hour=2), "2026-11-27", QUIET_S, False, False),
        (NIGHT.replace(hour=14), "2026-11-27", QUIET_S, False, True),
    ],
)
def test_a_night_is_learnt_once_from_three_o_clock_on_in_quiet(
    local: datetime, learnt_on: str, quiet_s: float, *, crying: bool, due: bool
) -> None:
    assert is_due(local, learnt_on, quiet_s, crying=crying) == due


async def test_what_is_heard_in_the_evening_is_learnt_at_night_and_kept(home: Home, tmp_path: Path) -> None:
    task = asyncio.create_task(home.task.run())
    home.bus.publish(OTHER)
    await until(lambda: home.task._home.last_s == OTHER.at_s)
    home.now_s, home.local = OTHER.at_s + APART_S + QUIET_S, NIGHT
    await until(lambda: home.learnt)
    ((sounds, night),) = home.learnt
    assert ([one.cry for one in sounds], night) == ([False], 1)
    await until(lambda: HomeStore(tmp_path).read("sha") == LearntHome("sha", 1, "2026-11-28", tuple(sounds)))
    task.cancel()


async def test_nothing_is_learnt_in_the_evening_twice_a_night_or_while_the_baby_cries(home: Home) -> None:
    await home.task._open()
    home.hear(OTHER)
    await home.task._check(OTHER.at_s + APART_S + QUIET_S)
    assert home.learnt == []
    home.local = NIGHT
    home.task._home.note(CryStarted(2e4, 1e9, "e1", 0.9))
    await home.task._check(4e4)
    assert home.learnt == []
    home.task._home.note(CryEnded(4e4, "e1", 1e9, 2e4, 0.9, 2e4, "calm"))
    await home.task._check(5e4)
    await home.task._check(6e4)
    assert len(home.learnt) == 1


async def test_sounds_are_kept_before_the_night_too(home: Home) -> None:
    await home.task._open()
    home.hear(OTHER)
    await home.task._check(OTHER.at_s + APART_S)
    assert HomeStore(home.store._path.parent).read("sha").sounds == ()
    await home.task._check(WRITE_EVERY_S)
    assert len(HomeStore(home.store._path.parent).read("sha").sounds) == 1


async def test_what_was_learnt_before_counts_from_the_start_and_is_forgotten_with_its_file(home: Home) -> None:
    kept = (HomeSound(False, 0, (0.5,) * EMBEDDING),)
    home.store.write(LearntHome("sha", 3, "2026-11-27", kept))
    await home.task._open()
    assert home.learnt == [(kept, 3)]
    HomeStore(home.store._path.parent).delete()
    await home.task._check(100.0)
    assert home.learnt[1:] == [((), 0)]
    assert home.task._home.sounds == ()
    assert HomeStore(home.store._path.parent).read("sha").sounds == ()


async def test_what_was_heard_since_the_start_is_forgotten_too_though_it_was_never_written(home: Home) -> None:
    await home.task._open()
    home.hear(OTHER)
    home.task._home.settle(OTHER.at_s + APART_S)
    assert home.task._home.sounds
    for _ in range(2):
        assert HomeStore(home.store._path.parent).delete()
        await home.task._check(OTHER.at_s + APART_S)
        assert home.task._home.sounds == ()


async def test_a_clock_that_is_set_back_and_forth_makes_no_nights(home: Home) -> None:
    await home.task._open()
    for hour in range(24):
        home.local = NIGHT.replace(day=1 + hour % 2)
        await home.task._check(1e6 + hour * 3600)
    assert len(home.learnt) == 24 * 3600 / LEAST_BETWEEN_S


async def test_a_disk_that_fails_is_told_once_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    home = Home(tmp_path / "state")
    await home.task._open()
    for day in (28, 29):
        home.local = NIGHT.replace(day=day)
        await home.task._check(day * 1e5)
    assert len(home.learnt) == 2
    assert len({record.message for record in caplog.records}) == len(caplog.records) == 2  # neither read nor written
