"""From events to records of the history."""

import pytest

from babycryd.core.events import (
    ClockSet,
    ControlsChanged,
    CryEnded,
    CryStarted,
    CryUpdated,
    EpisodesMarked,
    Event,
    HealthMeasured,
    LevelMeasured,
    StateChanged,
    WindowScored,
)
from babycryd.core.records import Episode, Lullaby, Stretch
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.history.recorder import Marks, Moved, Record, Recorder
from babycryd.history.score_curve import MOST_SCORES, ScoreCurve

UTC_S = 1_000_000.0  # at stream time 0


@pytest.fixture
def recorder() -> Recorder:
    return Recorder("sha", threshold=0.5)


def health(at_s: float, utc_s: float) -> HealthMeasured:
    return HealthMeasured(at_s, utc_s, at_s, 5.0, 90.0, 0.1, 0, "local", 0, utc_s, "mic", "default", None)


def taken(recorder: Recorder, *events: Event, clock_s: float = UTC_S) -> list[Record]:
    return [record for event in events for record in recorder.take(event, clock_s + event.at_s, "local")]


def test_an_episode_with_its_votes_levels_and_scores(recorder: Recorder) -> None:
    taken(recorder, *[WindowScored(at_s, 0.9) for at_s in (1.0, 9.0, 9.5, 10.0)])  # the first was long ago
    rows = taken(
        recorder,
        CryStarted(10.0, UTC_S + 10, "e1", 0.8),
        LevelMeasured(11.0, -20.0, -50.0),
        LevelMeasured(12.0, -40.0, -50.0),
        LevelMeasured(13.0, float("-inf"), -50.0),
        WindowScored(12.0, 0.2),
        CryUpdated(20.0, "e1", 10.0, 0.85),
        ControlsChanged(21.0, 100, 0.99, None, 0),
        WindowScored(22.0, 0.95),
        CryEnded(30.0, "e1", UTC_S + 10, 20.0, 0.95, 12.0, "calm"),
    )
    assert [type(row) for row in rows] == [Episode] * 3
    first, update, last = rows
    assert isinstance(first, Episode)
    assert (first.ended_utc_s, first.windows, first.positive_windows) == (None, 3, 3)
    assert isinstance(update, Episode)
    assert (update.duration_s, update.ended_utc_s, update.windows, update.positive_windows) == (10.0, None, 4, 3)
    assert isinstance(last, Episode)
    assert last == Episode(
        id="e1",
        started_utc_s=UTC_S + 10,
        duration_s=20.0,
        confidence=0.95,
        ended_utc_s=UTC_S + 30,
        reason="calm",
        settled_in_s=12.0,
        peak_level_dbfs=-20.0,
        mean_level_dbfs=-23.0,  # half the power of the peak
        windows=5,
        positive_windows=3,  # the last score was below what the owner asked for by then
        scores=(0.0, 0.9, 0.9, 0.0, 0.2, *[0.0] * 9, 0.95),
        model_sha256="sha",
    )


def test_every_judgement_of_the_cloud_is_told(recorder: Recorder) -> None:
    recorder.take(CryStarted(10.0, UTC_S, "e1", 0.8), UTC_S, "local")
    recorder.take(CryUpdated(20.0, "e1", 10.0, 0.8), UTC_S, "cloud")
    (row,) = recorder.take(CryEnded(30.0, "e1", UTC_S, 20.0, 0.8, 10.0, "calm"), UTC_S, "local")
    assert isinstance(row, Episode)
    assert row.route == "cloud"


def test_an_end_without_a_beginning_is_an_episode_all_the_same(recorder: Recorder) -> None:
    (row,) = taken(recorder, CryEnded(30.0, "e1", UTC_S, 20.0, 0.8, 10.0, "deaf"))
    assert isinstance(row, Episode)
    assert (row.duration_s, row.reason, row.peak_level_dbfs, row.scores) == (20.0, "deaf", None, ())


def test_a_long_episode_has_a_coarser_curve() -> None:
    curve = ScoreCurve(0.0)
    for second in range(2 * MOST_SCORES):
        curve.add(0.5 if second % 100 else 1.0, second)
    assert (curve.step_s, len(curve.scores)) == (2.0, MOST_SCORES)
    assert curve.scores.count(1.0) == 12
    curve.add(0.7, 3 * 3600.0)
    assert curve.step_s == 32.0
    assert len(curve.scores) == 3 * 3600 // 32 + 1


def test_each_lullaby_that_begins_ends(recorder: Recorder) -> None:
    rows = taken(
        recorder,
        LullabyStarted(10.0, "a"),
        LullabyStopped(20.0, "a", "calm"),
        LullabyStarted(30.0, "b"),
        LullabyFailed(35.0, "b", "no speaker"),
        LullabyFailed(40.0, "c", "no speaker"),
        LullabyStarted(50.0, "d"),
    )
    assert rows == [
        Lullaby("a", UTC_S + 10),
        Lullaby("a", UTC_S + 10, UTC_S + 20, "calm"),
        Lullaby("b", UTC_S + 30),
        Lullaby("b", UTC_S + 30, UTC_S + 35, "failed"),
        Lullaby("c", UTC_S + 40, UTC_S + 40, "failed"),
        Lullaby("d", UTC_S + 50),
    ]


def test_stretches_go_on_until_the_state_changes_or_the_daemon_ends(recorder: Recorder) -> None:
    assert taken(recorder, health(0.0, UTC_S)) == []
    rows = taken(
        recorder,
        StateChanged(1.0, "listening", UTC_S + 1),
        health(60.0, UTC_S + 60),
        StateChanged(90.0, "deaf", UTC_S + 90, "unplugged"),
    )
    assert rows == [
        Stretch(UTC_S + 1, UTC_S + 1, "listening"),
        Stretch(UTC_S + 1, UTC_S + 60, "listening"),
        Stretch(UTC_S + 1, UTC_S + 90, "listening"),
        Stretch(UTC_S + 90, UTC_S + 90, "deaf", "unplugged"),
    ]
    assert recorder.stop(100.0, UTC_S + 100) == [Stretch(UTC_S + 90, UTC_S + 100, "deaf", "unplugged")]


def test_a_clock_that_is_set_makes_no_time(recorder: Recorder) -> None:
    taken(recorder, StateChanged(1.0, "listening", UTC_S + 1))
    later_s = UTC_S + 7200  # a Pi without a battery learns the time from the network
    assert taken(recorder, health(60.0, later_s + 60), clock_s=later_s) == [
        Stretch(later_s + 60, later_s + 60, "listening")
    ]
    assert taken(recorder, health(120.0, later_s + 120), clock_s=later_s) == [
        Stretch(later_s + 60, later_s + 120, "listening")
    ]


def test_marks_are_passed_on(recorder: Recorder) -> None:
    assert taken(recorder, EpisodesMarked(1.0, (("e1", False),))) == [Marks((("e1", False),))]


def test_when_the_clock_is_set_everything_that_runs_moves(recorder: Recorder) -> None:
    step_s = 1e8
    taken(recorder, StateChanged(1.0, "listening", UTC_S + 1), CryStarted(10.0, UTC_S + 10, "e1", 0.8))
    taken(recorder, LullabyStarted(11.0, "a"))
    assert taken(recorder, ClockSet(15.0, step_s)) == [Moved(step_s)]
    rows = taken(
        recorder,
        CryUpdated(20.0, "e1", 10.0, 0.85),
        LullabyStopped(22.0, "a", "calm"),
        CryEnded(30.0, "e1", UTC_S + 10 + step_s, 20.0, 0.95, 12.0, "calm"),
        health(60.0, UTC_S + 60 + step_s),
        clock_s=UTC_S + step_s,
    )
    assert [row.started_utc_s for row in rows if isinstance(row, Episode)] == [UTC_S + 10 + step_s] * 2
    assert Lullaby("a", UTC_S + 11 + step_s, UTC_S + 22 + step_s, "calm") in rows
    assert rows[-1] == Stretch(UTC_S + 1 + step_s, UTC_S + 60 + step_s, "listening")
