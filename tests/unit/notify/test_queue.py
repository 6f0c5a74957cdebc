"""The queue: each notice once, in order, with what is known of its tries."""

from dataclasses import replace

from babycryd.notify.message import Home, Message, message_of
from babycryd.notify.notice import Notice, Step, notice_id
from babycryd.notify.queue import CAPACITY, OLDEST_S, NoticeQueue, Waiting

UTC_S = 1_700_000_000.0


class Mirror:
    """The disk as a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[int, Waiting] = {}
        self.arrived: list[str] = []

    def put(self, waiting: Waiting) -> None:
        self.rows[waiting.number] = waiting

    def remove(self, waiting: Waiting) -> None:
        del self.rows[waiting.number]
        self.arrived.append(waiting.notice.id)


def notice(step: Step = "first", number: int = 1, to: str = "phone", alert: str = "crying-e1") -> Notice:
    return Notice(notice_id(alert, step, number, to), alert, to, "crying", step, UTC_S, UTC_S)


def message(waiting: Waiting) -> Message:
    return message_of(waiting.notice, Home("nursery"), UTC_S, over=waiting.over)


def first(queue: NoticeQueue, to: str = "phone", at_utc_s: float = UTC_S) -> Waiting:
    found = queue.first(to, at_utc_s)
    assert found is not None
    return found


def test_each_recipient_gets_its_own_in_order() -> None:
    queue = NoticeQueue()
    for each in (notice(), notice(to="tablet"), notice(alert="deaf-1")):
        assert queue.put(each)
    assert first(queue, "tablet").notice.to == "tablet"
    queue.arrived(first(queue))
    assert first(queue).notice.alert == "deaf-1"
    assert queue.first("unknown", UTC_S) is None


def test_a_notice_that_is_raised_twice_waits_once_also_after_it_has_arrived() -> None:
    queue = NoticeQueue()
    assert queue.put(notice())
    assert not queue.put(notice())
    queue.arrived(first(queue))
    assert not queue.put(notice())
    assert len(queue) == 0


def test_repetitions_and_the_end_join_a_notice_that_has_surely_not_arrived() -> None:
    queue = NoticeQueue()
    queue.put(notice())
    assert not queue.put(notice("again", 2))
    assert not first(queue).over
    assert not queue.put(notice("over", 2))
    assert [(each.notice.step, each.over) for each in queue] == [("first", True)]


def test_the_end_follows_a_notice_that_may_have_arrived() -> None:
    queue = NoticeQueue()
    queue.put(notice())
    queue.tries(first(queue), message(first(queue)), UTC_S)
    assert queue.put(notice("over", 1))
    assert [each.notice.step for each in queue] == ["first", "over"]
    queue.failed(first(queue))
    assert not first(queue).unclear


def test_an_acknowledged_alert_is_withdrawn_unless_it_may_have_arrived() -> None:
    queue = NoticeQueue()
    queue.put(notice())
    queue.put(notice(to="tablet"))
    queue.tries(first(queue), message(first(queue)), UTC_S)
    queue.withdraw("crying-e1")
    assert [each.notice.to for each in queue] == ["phone"]


def test_what_failed_after_it_was_removed_does_not_come_back() -> None:
    queue = NoticeQueue()
    queue.put(notice())
    waiting = queue.tries(first(queue), message(first(queue)), UTC_S)
    queue.forget("phone")
    queue.failed(waiting)
    assert len(queue) == 0


def test_old_notices_and_those_beyond_the_capacity_are_dropped_and_counted() -> None:
    queue = NoticeQueue()
    for number in range(CAPACITY + 1):
        queue.put(notice(alert=f"crying-{number}"))
    assert (len(queue), queue.dropped) == (CAPACITY, 1)
    assert first(queue).notice.alert == "crying-1"
    assert queue.first("phone", UTC_S + OLDEST_S) is None
    assert (len(queue), queue.dropped) == (0, CAPACITY + 1)


def test_the_mirror_holds_what_waits_and_restores_it() -> None:
    mirror = Mirror()
    queue = NoticeQueue(mirror)
    queue.put(notice())
    queue.put(notice(to="tablet"))
    queue.arrived(first(queue, "tablet"))
    queue.tries(first(queue), message(first(queue)), UTC_S)
    assert mirror.arrived == [notice(to="tablet").id]
    again = NoticeQueue()
    again.restore(mirror.rows.values(), mirror.arrived)
    assert first(again) == replace(first(queue), earlier=True)
    assert not again.put(notice(to="tablet"))
    assert again.put(notice(alert="deaf-1"))
    assert [each.number for each in again] == [1, 2]


def test_a_clock_that_is_set_moves_the_notices_of_this_run() -> None:
    queue = NoticeQueue()
    queue.restore([Waiting(7, notice(alert="old"))], [])
    queue.put(notice())
    queue.move(3600.0)
    assert [each.notice.raised_utc_s - UTC_S for each in queue] == [0.0, 3600.0]


def test_the_first_of_several_unclear_tries_gives_their_time() -> None:
    queue = NoticeQueue()
    queue.put(notice())
    for later_s in (1.0, 2.0):
        queue.tries(first(queue), message(first(queue)), UTC_S + later_s)
    assert (first(queue).tried_utc_s, first(queue).unclear) == (UTC_S + 1.0, 2)
