"""Delivery: each notice once through every failure and every kill, and what an unclear outcome leads to."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from babycryd.core.supervision import Backoff
from babycryd.notify.delivery import MOST_UNCLEAR, Delivery
from babycryd.notify.message import Home, Message, message_of
from babycryd.notify.notice import Notice
from babycryd.notify.queue import NoticeQueue, QueueMirror, Waiting
from babycryd.notify.recipients import sender_of
from babycryd.notify.sender import Outcome, Sender
from babycryd.notify.settings import ServiceSettings
from babycryd.notify.store import NoticeStore
from tests.support.fakes.alert_service import AlertService
from tests.support.patience import until
from tests.unit.notify.test_queue import UTC_S, Mirror, first, notice

FAULTS = ("refuse", "lost", "cut", "500", "502", "503:0", "429:0", "401", "page", "redirect")


@dataclass
class Scripted:
    """A sender with prepared outcomes, which then accepts."""

    outcomes: list[Outcome] = field(default_factory=list)
    has_it: list[bool | None] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> Outcome:
        self.sent.append(message)
        return self.outcomes.pop(0) if self.outcomes else Outcome("accepted")

    async def has(self, message: Message, minutes: float) -> bool | None:
        return self.has_it.pop(0) if self.has_it else None


def timed(each: Notice, utc_s: float) -> Notice:
    """The notice at a time of its own, which its words say."""
    return replace(each, began_utc_s=utc_s, raised_utc_s=utc_s)


def words(waiting: Waiting, at_utc_s: float) -> Message:
    return message_of(waiting.notice, Home("nursery"), at_utc_s, over=waiting.over)


async def nothing() -> None:
    """The mirror is always written."""


def delivery(queue: NoticeQueue, sender: Sender, utc: Callable[[], float] = lambda: UTC_S) -> Delivery:
    backoff = Backoff(lowest_s=1e-3, highest_s=2e-3)
    return Delivery(to="phone", sender=sender, queue=queue, written=nothing, words=words, utc=utc, backoff=backoff)


async def emptied(queue: NoticeQueue, made: Delivery) -> None:
    while (waiting := queue.first("phone", UTC_S)) is not None:
        await made.try_once(waiting)


def queue_of(*notices: Notice, mirror: QueueMirror | None = None) -> NoticeQueue:
    queue = NoticeQueue(mirror)
    for each in notices:
        queue.put(each)
    return queue


async def test_what_surely_failed_is_put_into_words_again_and_says_that_it_is_late() -> None:
    now = [UTC_S]
    sender = Scripted([Outcome("failed", "no network")])
    queue = queue_of(notice())
    made = delivery(queue, sender, lambda: now[0])
    assert await made.try_once(first(queue)) > 0
    assert made.trouble == "phone: no network"
    now[0] += 600.0
    assert await made.try_once(first(queue)) == 0
    assert made.trouble is None
    assert [each.late for each in sender.sent] == [False, True]
    assert len({each.id for each in sender.sent}) == 1
    assert len(queue) == 0


async def test_an_unclear_try_is_not_repeated_where_the_service_has_the_message() -> None:
    sender = Scripted([Outcome("unclear", "lost")], [True])
    queue = queue_of(notice())
    await emptied(queue, delivery(queue, sender))
    assert len(sender.sent) == 1


async def test_an_unclear_try_is_repeated_where_the_service_has_it_not_or_cannot_say() -> None:
    for answer in (False, None):
        sender = Scripted([Outcome("unclear", "lost")], [answer])
        queue = queue_of(notice())
        await emptied(queue, delivery(queue, sender))
        assert len(sender.sent) == 2


async def test_a_service_that_never_says_is_given_up_and_the_next_alert_has_its_turn() -> None:
    sender = Scripted([Outcome("unclear", "no answer")] * MOST_UNCLEAR)
    queue = queue_of(notice(), notice(alert="deaf-1"))
    await emptied(queue, delivery(queue, sender))
    assert Counter(each.alert for each in sender.sent) == {"crying-e1": MOST_UNCLEAR, "deaf-1": 1}
    assert queue.dropped == 1


async def test_an_impossible_message_does_not_hold_up_the_next() -> None:
    sender = Scripted([Outcome("impossible", "it answers 400")])
    queue = queue_of(notice(), notice(alert="deaf-1"))
    await emptied(queue, delivery(queue, sender))
    assert [each.alert for each in sender.sent] == ["crying-e1", "deaf-1"]


async def test_a_service_that_refuses_is_asked_rarely_and_retry_after_is_kept() -> None:
    sender = Scripted([Outcome("refused", "it answers 401"), Outcome("failed", "it answers 429", 40.0)])
    queue = queue_of(notice())
    made = delivery(queue, sender)
    assert await made.try_once(first(queue)) == 300.0
    assert await made.try_once(first(queue)) == 40.0


async def test_each_try_is_on_the_disk_before_it_begins() -> None:
    mirror = Mirror()

    class Looking(Scripted):
        async def send(self, message: Message) -> Outcome:
            assert mirror.rows[1].tried == message
            return await super().send(message)

    queue = queue_of(notice(), mirror=mirror)
    await emptied(queue, delivery(queue, Looking()))
    assert mirror.rows == {}


@pytest.fixture
async def service() -> AsyncIterator[AlertService]:
    async with AlertService() as running:
        yield running


def ntfy(service: AlertService) -> Sender:
    return sender_of(ServiceSettings("phone", "ntfy", service.url), "", lambda name, _: name.rpartition("_")[2])


@pytest.mark.parametrize("replaces", [False, True], ids=["older ntfy", "newer ntfy"])
async def test_every_alert_arrives_once_through_a_network_that_fails_in_every_way(
    service: AlertService,
    replaces: bool,  # noqa: FBT001
) -> None:
    service.replaces = replaces
    chance = random.Random(7)  # noqa: S311
    service.faults.extend(chance.choice((*FAULTS, "")) for _ in range(120))
    queue = queue_of(*(timed(notice(alert=f"crying-{number}"), UTC_S + 60 * number) for number in range(20)))
    await emptied(queue, delivery(queue, ntfy(service)))
    assert Counter(service.texts) == Counter(set(service.texts))
    assert len(service.texts) == 20
    assert queue.dropped == 0


async def one_run(service: AlertService, folder: Path, new: Notice | None, steps: int | None) -> NoticeStore:
    """A run of the daemon, which is abandoned after some steps of the loop, as a kill does; None: when all is told."""
    store = NoticeStore(folder)
    stored = await store.restore()
    queue = NoticeQueue(store)
    queue.restore(stored.waiting, stored.arrived)
    if new is not None:
        queue.put(new)
        await store.written()
    made = Delivery(
        to="phone", sender=ntfy(service), queue=queue, written=store.written, words=words, utc=lambda: UTC_S,
        backoff=Backoff(lowest_s=1e-3, highest_s=2e-3),
    )  # fmt: skip
    task = asyncio.create_task(made.run())
    if steps is None:
        await until(lambda: len(queue) == 0)
    for _ in range(steps or 0):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await store.written()
    return store


async def test_every_alert_arrives_once_though_the_daemon_is_killed_again_and_again(
    service: AlertService, tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311
    service.faults.extend(chance.choice(("", "", "lost", "refuse", "500")) for _ in range(200))
    alerts = [timed(notice(alert=f"crying-{number}"), UTC_S + 60 * number) for number in range(8)]
    news = [*alerts, *[None] * 7]
    stores = [await one_run(service, tmp_path, new, chance.randrange(60)) for new in news]
    stores.append(await one_run(service, tmp_path, None, None))
    for each in stores:
        await each.close(30.0)
    assert Counter(service.texts) == Counter(set(service.texts))
    assert len(service.texts) == len(alerts)
