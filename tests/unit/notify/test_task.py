"""The task: from events on the bus to messages at the recipients, and to the state that page and MQTT show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from babycryd.core.alert import AlertChanged, AlertState
from babycryd.core.bus import Bus, Subscription
from babycryd.core.command_values import CommandError
from babycryd.core.commands import AcknowledgeAlert
from babycryd.core.events import CryEnded, CryStarted, Deaf, Event, HealthMeasured
from babycryd.core.report_events import DigestMade
from babycryd.notify.message import Home, Message
from babycryd.notify.policy import Recipient
from babycryd.notify.sender import Outcome
from babycryd.notify.settings import NotifySettings
from babycryd.notify.store import NoticeStore
from babycryd.notify.task import AlertTask
from tests.support.patience import until
from tests.unit.notify.test_delivery import Scripted

UTC_S = 1_700_000_000.0
AT_ONCE = NotifySettings(crying_s=0.0, page_url="https://page.example")
CRY = CryStarted(1.0, UTC_S, "e1", 0.9)
HEALTH = HealthMeasured(
    at_s=1.0, utc_s=UTC_S, uptime_s=1.0, cpu_percent=1.0, rss_mb=1.0, lag_s=0.0, dropped_blocks=0, route="local",
    offloaded_segments=0, last_window_utc_s=None, microphone="usb", speaker=None, temperature_c=None, listening=True,
)  # fmt: skip
CALM = CryEnded(60.0, "e1", UTC_S, 59.0, 0.9, 50.0, "calm")


@dataclass
class Running:
    """A task at work, its bus, the phone, and the events that it publishes."""

    task: AlertTask
    bus: Bus
    published: Subscription
    phone: Scripted = field(default_factory=Scripted)

    def tell(self, *events: Event) -> None:
        for each in events:
            self.bus.publish(each)

    async def sent(self, count: int) -> list[Message]:
        await until(lambda: len(self.phone.sent) >= count)
        return self.phone.sent

    async def state(self) -> AlertState:
        event = await self.published.get()
        assert isinstance(event, AlertChanged)
        return event.state


@asynccontextmanager
async def running(folder: Path, settings: NotifySettings = AT_ONCE) -> AsyncIterator[Running]:
    bus = Bus()
    published = bus.subscribe("test", only=(AlertChanged,))
    events = bus.subscribe("notify", only=AlertTask.EVENTS)
    task = AlertTask(
        settings, Home("nursery", zone=UTC), events, bus.publish, lambda: 7.0, NoticeStore(folder), lambda: UTC_S
    )
    made = Running(task, bus, published)
    task.recipients.services = ((Recipient("phone"), made.phone),)
    work = asyncio.create_task(task.run())
    try:
        assert await made.state() == "quiet"  # replaces what an earlier run left
        yield made
    finally:
        work.cancel()
        await asyncio.wait([work])
        await task.close()


async def test_a_cry_reaches_the_phone_and_so_does_its_end(tmp_path: Path) -> None:
    async with running(tmp_path) as home:
        home.tell(CRY)
        assert await home.state() == "told"
        (message,) = await home.sent(1)
        assert (message.title, message.urgency) == ("The baby is crying", "high")
        home.tell(CALM)
        assert await home.state() == "quiet"
        assert [each.title for each in await home.sent(2)] == ["The baby is crying", "Calm again"]


def digest(end_utc_s: float) -> DigestMade:
    sentences = {"en": ("Two cries.", "Less now."), "de": ("Zweimal geweint.", "Jetzt weniger.")}
    return DigestMade(1.0, "2023-11-13", end_utc_s - 6e5, end_utc_s, "de", sentences, 2, 60.0, b"P")


async def test_the_week_is_told_once_softly_and_in_the_language_of_the_alerts(tmp_path: Path) -> None:
    async with running(tmp_path) as home:
        home.tell(digest(UTC_S - 13 * 3600), digest(UTC_S - 60), digest(UTC_S - 60), CRY)  # the first is no news
        (message,) = [each for each in await home.sent(2) if each.kind == "week"]
    assert (message.title, message.text) == ("The week", "nursery, this week: Two cries. Less now.")
    assert (message.urgency, message.button) == ("low", "")
    async with running(tmp_path / "other", NotifySettings(crying_s=0.0, digest=False)) as home:
        home.tell(digest(UTC_S - 60), CRY)
        assert [each.kind for each in await home.sent(1)] == ["crying"]


async def test_a_command_acknowledges_and_is_refused_where_there_is_no_alert(tmp_path: Path) -> None:
    async with running(tmp_path) as home:
        with pytest.raises(CommandError, match="no alert"):
            await home.task.execute(AcknowledgeAlert())
        home.tell(CRY)
        await home.state()
        assert await home.task.execute(AcknowledgeAlert()) == {"alert": "acknowledged"}
        assert await home.state() == "acknowledged"


async def test_the_button_of_a_message_works_once_and_not_after_the_end(tmp_path: Path) -> None:
    async with running(tmp_path) as home:
        home.tell(CRY)
        token = (await home.sent(1))[0].token
        assert not home.task.acknowledge_with("guessed")
        assert home.task.acknowledge_with(token)
        assert not home.task.acknowledge_with(token)
        home.tell(CALM)
        await home.sent(2)
        home.tell(CryStarted(90.0, UTC_S, "e2", 0.9))
        token = (await home.sent(3))[2].token
        home.tell(CALM)
        await home.sent(4)
        assert not home.task.acknowledge_with(token)


async def test_what_did_not_arrive_before_a_restart_arrives_after_it(tmp_path: Path) -> None:
    async with running(tmp_path) as home:
        home.task.recipients.services = ((Recipient("phone"), Unreachable()),)
        home.tell(CRY)
        await until(lambda: home.task.trouble)
    async with running(tmp_path) as home:
        assert [each.title for each in await home.sent(1)] == ["The baby is crying"]
        assert home.task.trouble is None


class Unreachable(Scripted):
    """A service that is never reached."""

    async def send(self, message: Message) -> Outcome:
        return Outcome("failed", "no network")


async def test_a_recipient_who_is_gone_is_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path) as home:
        home.task.recipients.services = ((Recipient("phone"), Unreachable()),)
        home.tell(CRY)
        await until(lambda: home.task.trouble)
    async with running(tmp_path) as home:
        home.task.recipients.services = ()
        home.tell(Deaf(2.0, "unplugged"))
        await asyncio.sleep(0)
        assert home.task.trouble is None


async def test_without_recipients_the_state_is_published_all_the_same(tmp_path: Path) -> None:
    async with running(tmp_path) as home:
        home.task.recipients.services = ()
        home.tell(CRY)
        assert await home.state() == "told"


async def test_a_sender_with_a_defect_costs_its_own_messages_only(tmp_path: Path) -> None:
    class Broken(Scripted):
        async def send(self, message: Message) -> Outcome:
            raise RuntimeError("a defect")

    async with running(tmp_path) as home:
        home.task.recipients.services = ((Recipient("a"), Broken()), (Recipient("phone"), home.phone))
        home.tell(CRY)
        assert len(await home.sent(1)) >= 1


async def test_a_full_disk_and_the_evening_are_told_once(tmp_path: Path) -> None:
    zone = UTC
    settings = NotifySettings(evening=f"{datetime.fromtimestamp(UTC_S, zone):%H:%M}")
    async with running(tmp_path, settings) as home:
        home.task.disk = lambda: "only 7 MB free"
        home.tell(HEALTH, HEALTH)
        messages = await home.sent(2)
        assert [(each.kind, each.urgency) for each in messages] == [("disk", "normal"), ("evening", "normal")]
        assert messages[0].text.endswith("only 7 MB free")
    async with running(tmp_path, settings) as home:  # a restart tells neither again
        home.task.disk = lambda: "only 7 MB free"
        home.tell(HEALTH, CRY, CryStarted(1.0, UTC_S, "e2", 0.9))
        await until(lambda: not len(home.task._events))
        assert [each.kind for each in home.phone.sent if each.kind != "crying"] == []
