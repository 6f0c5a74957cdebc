"""Times of episodes when the clock is set before, while and after they are heard."""

from babycryd.core.events import CryEnded, CryStarted, LevelMeasured
from babycryd.engine.episode_stamps import EpisodeStamps

STARTED = CryStarted(10.0, 110.0, "e1", 0.9)
ENDED = CryEnded(30.0, "e1", 110.0, 20.0, 0.9, 10.0, "calm")


def test_a_steady_clock_changes_nothing() -> None:
    stamps = EpisodeStamps()
    level = LevelMeasured(1.0, -40.0, -50.0)
    assert [stamps.corrected(event) for event in (level, STARTED, ENDED)] == [level, STARTED, ENDED]


def test_a_running_episode_moves_with_the_clock() -> None:
    stamps = EpisodeStamps()
    stamps.corrected(STARTED)
    stamps.clock_set(1000.0, 15.0)
    stamps.clock_set(100.0, 20.0)
    ended = stamps.corrected(ENDED)
    assert isinstance(ended, CryEnded)
    assert ended.started_utc_s == 1210.0


def test_sound_that_was_stamped_before_moves_and_sound_stamped_after_does_not() -> None:
    stamps = EpisodeStamps()
    stamps.clock_set(1000.0, 10.0)
    before, after = stamps.corrected(STARTED), stamps.corrected(CryStarted(10.24, 1110.24, "e2", 0.9))
    assert isinstance(before, CryStarted)
    assert isinstance(after, CryStarted)
    assert (before.utc_s, before.episode) == (1110.0, "e1")
    assert after.utc_s == 1110.24
