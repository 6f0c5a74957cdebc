"""Connection to the broker: reconnects with backoff, and logs each cause once."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import aiomqtt

from babycryd.core.supervision import Backoff
from babycryd.mqtt.client import Client, Credentials, client_for
from babycryd.mqtt.error_texts import LOGIN_REFUSED, OLDER_LACKS, TAKEN_OVER, taken_over
from babycryd.mqtt.login import Login, first_error, log_in, reason_of, why
from babycryd.mqtt.message import Message
from babycryd.mqtt.preflight import TlsFiles, preflight, tls_context, tls_files
from babycryd.mqtt.settings import MqttSettings
from babycryd.mqtt.takeover import TakeoverWatch

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S: Final = 30.0  # between two attempts
_STABLE_S: Final = 30.0  # of a connection, after which the next pause is short again
REFUSED_PAUSE_S = 30.0  # at least, where the password is wrong
_TAKEN_OVER_PAUSE_S = 300.0  # at least, after another client took our id: no war of two daemons
_LIKELY_PAUSE_S = 120.0  # the same where it is only likely
_NEWER_AGAIN_S: Final = 600.0  # after which a reconnection tries MQTT 5 again

Use = Callable[[Client], Awaitable[None]]


class Connection:
    """The connection to the broker under one client id."""

    def __init__(self, mqtt: MqttSettings, password: str | None, identifier: str, will: Message) -> None:
        self._nodes = [replace(mqtt, host=host) for host in (mqtt.host, *mqtt.other_hosts)]
        self._node = 0  # the one that is tried
        self._password = password
        self._identifier = identifier  # fixed, so that the broker ends our half-open old connection first
        self._will = will
        self.protocol = aiomqtt.ProtocolVersion.V5
        self._client: Client | None = None  # of this attempt; None before the login
        self._entered_s = 0.0  # time of its login, of the loop's clock
        self._was_connected = False
        self._knew_5 = False  # whether a login in MQTT 5 succeeded
        self._older_until_s = 0.0  # MQTT 3.1.1 is spoken until then, because MQTT 5 was not answered
        self._takeover = TakeoverWatch(len(self._nodes))
        self._files: TlsFiles = ()  # of the last attempt
        self._pause: asyncio.Timeout | None = None  # before the next attempt
        self.outdated = False  # whether to connect again, with renewed certificates
        self._least_pause_s = 0.0  # before the next attempt
        self._complaint: str | None = None  # the last logged reason; None while connected
        self.trouble: str | None = "connecting"  # why there is no connection; None while there is

    async def keep(self, use: Use, stopping: asyncio.Event) -> None:
        """Connect and await `use(client)`, again and again, until `stopping` is set."""
        backoffs = self._backoffs()
        clock = asyncio.get_running_loop().time
        while not stopping.is_set():
            started_s = clock()
            self._client, self._least_pause_s, self.outdated = None, 0.0, False
            try:
                await self._once(use)
            except* (OSError, ValueError, aiomqtt.MqttError) as errors:
                self._complain(self._loss or first_error(errors))
            lasted_s = clock() - started_s
            backoffs = self._backoffs() if lasted_s >= _STABLE_S else backoffs
            pause_s = backoffs[self._node].pause_s(lasted_s)
            self._node = (self._node + 1) % len(self._nodes)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(pause_s, self._least_pause_s)) as self._pause:
                    await stopping.wait()
            self._pause = None

    def _backoffs(self) -> list[Backoff]:
        """One for each node: while the others have not been tried, pauses stay short."""
        return [Backoff(highest_s=_LONGEST_PAUSE_S, stable_s=_STABLE_S) for _ in self._nodes]

    @property
    def _mqtt(self) -> MqttSettings:
        """The settings, with the host of the node that is tried."""
        return self._nodes[self._node]

    async def reload(self) -> bool:
        """End the pause before the next attempt; return whether to connect again, with certificates that were renewed.

        A renewed certificate that cannot be used is logged, and the connection goes on.
        """
        if self._pause:
            with contextlib.suppress(RuntimeError):  # it is ending at this moment
                self._pause.reschedule(asyncio.get_running_loop().time())
        if not self._mqtt.tls or await asyncio.to_thread(tls_files, self._mqtt) == self._files:
            return False
        try:
            await asyncio.to_thread(tls_context, self._mqtt)
        except (OSError, ValueError) as error:
            log.warning("the connection to the broker keeps its old certificates: %s", why(error, self._mqtt))
            return False
        self.outdated = True
        return True

    async def _once(self, use: Use) -> None:
        self._files = await asyncio.to_thread(tls_files, self._mqtt)
        context = await preflight(self._mqtt)
        clock = asyncio.get_running_loop().time
        newer, self._older_until_s = clock() >= self._older_until_s, 0.0

        def client(protocol: aiomqtt.ProtocolVersion) -> Client:
            who = Credentials(self._identifier, self._password, protocol, resumes=self._was_connected)
            return client_for(self._mqtt, who, self._will, context)

        async with log_in(client, newer=newer, silence_is_old=not self._knew_5) as login:
            self._client, self._entered_s, self.protocol = login.client, clock(), login.protocol
            self._note(login, clock())
            await use(login.client)

    def _note(self, login: Login, at_s: float) -> None:
        """Log a login, and store what it says about the broker."""
        because = f", in MQTT 3.1.1 ({login.because}): {OLDER_LACKS}" if login.because else ""
        log.info("connected to the MQTT broker at %s:%d%s", self._mqtt.host, self._mqtt.port, because)
        self._knew_5 = self._knew_5 or login.protocol == aiomqtt.ProtocolVersion.V5
        if login.protocol != aiomqtt.ProtocolVersion.V5:
            self._older_until_s = at_s + _NEWER_AGAIN_S
        self._was_connected = True
        self._complaint = self.trouble = None

    @property
    def _loss(self) -> BaseException | None:
        """Why the connection of this attempt was lost; an error of a later call may hide it."""
        return self._client.loss if self._client else None

    def _complain(self, error: BaseException) -> None:
        """Log why there is no connection, unless the last log line said the same."""
        complaint = self._cause(error)
        if complaint != self._complaint:
            log.warning("no MQTT for now, trying again: %s", complaint)
        self._complaint = self.trouble = complaint

    def _cause(self, error: BaseException) -> str:
        """Return the reason in words, and set the pause before the next attempt."""
        code = reason_of(error)
        lasted_s = asyncio.get_running_loop().time() - self._entered_s
        if code == TAKEN_OVER:
            self._least_pause_s = _TAKEN_OVER_PAUSE_S
            return taken_over(self._identifier, self._mqtt, certain=True)
        hung_up = self._client is not None and self._client.hung_up  # a broker that restarts refuses in between
        if self._takeover.likely(lasted_s, hung_up=hung_up):
            self._least_pause_s = _LIKELY_PAUSE_S
            return taken_over(self._identifier, self._mqtt, certain=False)
        if code in LOGIN_REFUSED:
            self._least_pause_s = REFUSED_PAUSE_S
        return why(error, self._mqtt)
