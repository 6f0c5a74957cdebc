"""Delivery of the outbox to the broker, and the check that what the broker confirms arrives."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

import aiomqtt

from babycryd.mqtt.client import Client, PublishRefused, Unsendable, send
from babycryd.mqtt.error_texts import dropped, read_only
from babycryd.mqtt.login import why
from babycryd.mqtt.message import Message, Status
from babycryd.mqtt.outbox import Outbox
from babycryd.mqtt.settings import MqttSettings

log = logging.getLogger(__name__)

REFUSED_PAUSE_S = 30.0  # after which a refused message, or one that did not arrive, is sent again
HANG_UPS: Final = 3
_SUSPICIOUS: Final = 1024  # bytes; no limit of a broker is smaller
_ECHO_WITHIN_S = 3.0  # of the subscription; a broker sends its echo within milliseconds
_ONLINE: Final[Status] = "online"


class Delivery:
    """Delivery of the messages of the outbox, one after the other, over one connection at a time.

    A confirmation (PUBACK) is no proof: in MQTT 3.1.1 a broker confirms what its access list forbids as well. So the
    status `online`, which each connection begins with, is listened for: `hear` takes it, `check` waits for it.
    """

    def __init__(self, outbox: Outbox, mqtt: MqttSettings, base: str) -> None:
        """`base`: the prefix of every topic, without a slash at its end."""
        self._outbox = outbox
        self._mqtt = mqtt
        self._base = base
        self._wake = asyncio.Event()  # set when there is a message to send, or to stop
        self._echo = asyncio.Event()
        self._refused: dict[str, str] = {}  # by topic that the broker does not let us publish to: why
        self._unheard: str | None = None  # why nothing arrives, in words
        self._sending: Message | None = None  # not confirmed yet
        self._suspect: Message | None = None  # the last one at which the broker hung up
        self._hang_ups = 0  # at the suspect, in a row

    @property
    def trouble(self) -> str | None:
        """Why messages do not arrive; None: all do, or it is not known yet."""
        return next(iter(self._refused.values()), self._unheard)

    def wake(self) -> None:
        """Look into the outbox again."""
        self._wake.set()

    def resend(self) -> None:
        """Send every retained topic again."""
        self._outbox.resend_retained()
        self._wake.set()

    async def run(
        self,
        client: Client,
        protocol: aiomqtt.ProtocolVersion,
        stopping: Callable[[], bool],
        all_sent: Callable[[], None],
    ) -> None:
        """Send what is in the outbox until `stopping()` and empty. Raises MqttError.

        `all_sent` is called whenever the outbox has become empty.
        """
        clock = asyncio.get_running_loop().time
        while True:
            while message := self._outbox.first(clock()):
                await self._send(client, message, protocol)
            all_sent()
            if stopping():
                return
            self._wake.clear()
            await self._wake.wait()

    def hear(self, message: aiomqtt.Message) -> None:
        """Note a message on `status`: one that the broker had stored proves nothing."""
        if message.payload == _ONLINE.encode() and not message.retain:
            self._echo.set()

    async def check(self) -> None:
        """Wait for the echo of `online` on a new connection; without one, tell and send it again until it comes."""
        self._echo.clear()
        limit_s = _ECHO_WITHIN_S
        while not self._echo.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await self._echo.wait()
                    break
            self._tell_unheard()
            self.resend()
            limit_s = REFUSED_PAUSE_S
        if self._unheard:
            log.info("what we publish below %s/ arrives again", self._base)
        self._unheard = None

    def _tell_unheard(self) -> None:
        if self._unheard is None and not self._refused:  # else the reason has been logged
            log.warning("%s", read_only(self._base, self._mqtt))
        self._unheard = read_only(self._base, self._mqtt)

    def ended(self, client: Client) -> None:
        """Note a connection that has ended, and whether the message that was being sent is a likely cause.

        In MQTT 3.1.1 a broker cannot say that a message is too long for it: it hangs up. So a long message at which it
        has hung up HANG_UPS times in a row is dropped, or none behind it would arrive.
        """
        sending, self._sending = self._sending, None
        if not client.hung_up or sending is None or len(sending.payload) < _SUSPICIOUS:
            return
        client.hung_up = False  # not without a reason
        self._hang_ups = self._hang_ups + 1 if sending is self._suspect else 1
        self._suspect = sending
        if self._hang_ups >= HANG_UPS:
            self._refused[sending.topic] = dropped(sending.topic, len(sending.payload), self._mqtt)
            log.warning("%s", self._refused[sending.topic])
            self._outbox.drop(sending, for_good=True)

    async def _send(self, client: Client, message: Message, protocol: aiomqtt.ProtocolVersion) -> None:
        self._sending = message
        try:
            await send(client, message, protocol)
        except PublishRefused as refused:
            self._refuse(message, refused)
        else:
            self._refused.pop(message.topic, None)
            self._outbox.arrived(message)
        self._sending = None

    def _refuse(self, message: Message, refused: PublishRefused) -> None:
        reason = why(refused, self._mqtt)
        if refused.topic not in self._refused:
            log.warning("%s", reason)
        self._refused[refused.topic] = reason
        if isinstance(refused, Unsendable):
            self._outbox.drop(message)
            return
        loop = asyncio.get_running_loop()
        self._outbox.refused(message, loop.time() + REFUSED_PAUSE_S)
        loop.call_later(REFUSED_PAUSE_S, self._wake.set)
