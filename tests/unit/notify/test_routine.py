"""What is told once a day: that babycryd listens, and that the disk is full."""

from datetime import datetime, time, timedelta, timezone

from babycryd.notify.routine import Routine

EVENING = datetime(2026, 11, 24, 20, 0, tzinfo=timezone(timedelta(hours=1)))


def kinds(routine: Routine, now: datetime, *, listening: bool = True, disk: str | None = None) -> list[str]:
    return [kind for kind, _, _ in routine.due(now, listening=listening, disk=disk)]


def test_the_evening_is_told_once_at_its_time() -> None:
    routine = Routine(time(20, 0))
    assert kinds(routine, EVENING - timedelta(minutes=1)) == []
    assert kinds(routine, EVENING) == ["evening"]
    assert kinds(routine, EVENING + timedelta(minutes=1)) == []
    assert kinds(routine, EVENING + timedelta(days=1)) == ["evening"]


def test_a_daemon_that_starts_late_or_hears_nothing_does_not_say_that_it_listens() -> None:
    assert kinds(Routine(time(20, 0)), EVENING + timedelta(hours=2)) == []
    routine = Routine(time(20, 0))
    assert kinds(routine, EVENING, listening=False) == []
    assert kinds(routine, EVENING + timedelta(minutes=5)) == ["evening"]
    assert kinds(Routine(None), EVENING) == []


def test_a_restart_makes_the_same_id_again() -> None:
    first, second = (Routine(time(20, 0)).due(EVENING, listening=True, disk=None) for _ in range(2))
    assert first == second == [("evening", "evening-20261124", "")]


def test_a_full_disk_is_told_once_a_day() -> None:
    routine = Routine(None)
    assert routine.due(EVENING, listening=True, disk="full") == [("disk", "disk-20261124", "full")]
    assert kinds(routine, EVENING + timedelta(hours=1), disk="full") == []
    assert kinds(routine, EVENING + timedelta(days=1), disk="full") == ["disk"]
