from hypothesis import given
from hypothesis import strategies as st

from babycryd.audio.format import HOP_S
from babycryd.core.events import CryEnded, CryStarted, CryUpdated
from babycryd.detect.episode import EpisodeSettings, EpisodeTracker, Vote, VoteSettings, episode_id
from babycryd.detect.settings import DetectionSettings

THRESHOLD, END_THRESHOLD = 0.5, 0.3
SETTINGS = EpisodeSettings(minimum_s=5, quiet_s=10, cooldown_s=2, update_s=10)
Change = CryStarted | CryUpdated | CryEnded
scores = st.lists(st.none() | st.floats(0, 1) | st.just(0.9), max_size=400)


def follow(scored: list[float | None], settings: EpisodeSettings = SETTINGS) -> list[Change]:
    vote, tracker = Vote(VoteSettings()), EpisodeTracker(settings)
    changes = []
    for index, score in enumerate(scored):
        vote.add(score)
        at_s = (index + 1) * HOP_S
        changes.append(
            tracker.update(
                vote,
                accepted=vote.passes(THRESHOLD),
                threshold=THRESHOLD,
                end_threshold=END_THRESHOLD,
                at_s=at_s,
                utc_s=1e9 + at_s,
            )
        )
    changes.append(tracker.end(len(scored) * HOP_S, "stopped"))
    return [change for change in changes if change is not None]


def test_three_of_five_windows_start_an_episode() -> None:
    assert follow([0.9, 0.1, 0.9, None, None, 0.9, None, None]) == []
    started = follow([0.9, 0.1, 0.7, None, 0.8])[0]
    assert isinstance(started, CryStarted)
    assert started.at_s == 5 * HOP_S
    assert abs(started.confidence - 0.8) < 1e-9


@given(scores)
def test_the_vote_passes_at_what_it_is_worth_and_not_above(scored: list[float | None]) -> None:
    vote = Vote(VoteSettings())
    for score in scored:
        vote.add(score)
    assert not vote.passes(vote.voted + 1e-9)
    assert vote.passes(vote.voted) or vote.voted == 0


def test_a_sob_below_the_threshold_prolongs_but_does_not_start() -> None:
    sobs: list[float | None] = [0.4] * 100
    assert follow(sobs) == []
    *_, ended = follow([0.9, 0.9, 0.9, *sobs])
    assert isinstance(ended, CryEnded)
    assert ended.reason == "stopped"
    assert ended.settled_in_s > 20


def test_calm_ends_it_after_the_quiet_time() -> None:
    started, *_, ended = follow([0.9] * 5 + [None] * 60)
    assert isinstance(started, CryStarted)
    assert isinstance(ended, CryEnded)
    assert (ended.episode, ended.reason) == (started.episode, "calm")
    # The vote still passes two windows after the last positive one.
    assert ended.duration_s - ended.settled_in_s >= SETTINGS.quiet_s
    assert ended.duration_s < SETTINGS.quiet_s + 2


def test_a_long_episode_is_reported_now_and_then() -> None:
    kinds = [type(change) for change in follow([0.9] * 150)]
    assert kinds == [CryStarted, CryUpdated, CryUpdated, CryUpdated, CryEnded]


@given(scores)
def test_starts_and_ends_alternate_and_belong_together(scored: list[float | None]) -> None:
    changes = follow(scored)
    open_episode: str | None = None
    last_end_s = -100.0
    for change in changes:
        match change:
            case CryStarted():
                assert open_episode is None
                assert change.at_s >= last_end_s + SETTINGS.cooldown_s
                open_episode = change.episode
            case CryUpdated():
                assert change.episode == open_episode
            case CryEnded():
                assert change.episode == open_episode
                assert change.reason == "stopped" or change.duration_s >= SETTINGS.minimum_s
                assert 0 <= change.settled_in_s <= change.duration_s
                open_episode, last_end_s = None, change.at_s
    assert open_episode is None


@given(scores)
def test_no_start_without_enough_positive_windows(scored: list[float | None]) -> None:
    for change in follow(scored):
        if isinstance(change, CryStarted):
            last = scored[: round(change.at_s / HOP_S)][-5:]
            assert sum((score or 0) >= THRESHOLD for score in last) >= 3


@given(st.lists(st.floats(0, 4e9), min_size=2, max_size=2))
def test_ids_sort_by_time(moments: list[float]) -> None:
    earlier, later = sorted(moments)
    assert episode_id(earlier) <= episode_id(later)
    assert episode_id(0.0) == "19700101T000000000Z"


def test_settings_that_can_never_be_reached_are_named() -> None:
    assert next(VoteSettings(needed=6, windows=5).check())[0] == "needed"
    assert not list(VoteSettings().check())


def test_a_lower_threshold_alone_lowers_both() -> None:
    assert DetectionSettings(threshold=0.9, end_threshold=0.5).prolonging_threshold == 0.5
    assert DetectionSettings(threshold=0.2, end_threshold=0.5).prolonging_threshold == 0.2


def starts_after_a_dismissal(sounding_s: list[tuple[float, float]], until_s: float) -> list[float]:
    """Times at which episodes begin, where the first is dismissed after two seconds; it sounds in these spans."""
    vote, tracker = Vote(VoteSettings(1, 1)), EpisodeTracker(EpisodeSettings(quiet_s=10.0, cooldown_s=2.0))
    started: list[float] = []
    for at_s in range(int(until_s)):
        vote.add(0.9 if any(begin_s <= at_s < end_s for begin_s, end_s in sounding_s) else 0.0)
        accepted = vote.passes(0.5)
        event = tracker.update(vote, accepted=accepted, threshold=0.5, end_threshold=0.4, at_s=at_s, utc_s=at_s)
        started += [at_s] if isinstance(event, CryStarted) else []
        if at_s == 2:
            tracker.end(at_s, "dismissed")
    return started


def test_a_sound_that_was_no_cry_begins_no_new_episode_while_it_goes_on_for_two_minutes_at_most() -> None:
    assert starts_after_a_dismissal([(0.0, 60.0)], 100.0) == [0]
    assert starts_after_a_dismissal([(0.0, 20.0), (28.0, 40.0)], 60.0) == [0]  # with a pause
    assert starts_after_a_dismissal([(0.0, 20.0), (31.0, 40.0)], 60.0) == [0, 31]  # after ten quiet seconds
    assert starts_after_a_dismissal([(0.0, 300.0)], 200.0) == [0, 122]
