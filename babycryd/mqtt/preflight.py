"""A first knock at the broker's door, in a thread that nobody has to wait for.

aiomqtt resolves the name, connects and shakes hands for TLS in the loop's executor, whose threads
Python joins before it exits: a resolver that hangs would hold up the end of the daemon. So we
knock first; only where somebody answers does aiomqtt follow. The errors come out unwrapped as well.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from typing import Final

from babycryd.mqtt.settings import MqttSettings
from babycryd.system.tls import client_context

# what OpenSSL calls the alerts about a certificate that we have not, or that the broker will not take
CERTIFICATE_ALERTS: Final = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",  # of TLS 1.2, where a certificate is missing
    }
)


async def preflight(mqtt: MqttSettings) -> ssl.SSLContext | None:
    """Connect to the broker and hang up again; the TLS context that worked, or None without TLS.

    Raises OSError (unknown name, refused, TLS) or TimeoutError, after at most `mqtt.timeout_s`.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[ssl.SSLContext | None] = loop.create_future()

    def settle(context: ssl.SSLContext | None, error: Exception | None) -> None:
        if answer.done():  # nobody waits any more
            return
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(context)

    def knock() -> None:
        context, error = _knock(mqtt)
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, context, error)

    threading.Thread(target=knock, name="mqtt-reach", daemon=True).start()
    async with asyncio.timeout(mqtt.timeout_s):
        return await answer


def tls_context(mqtt: MqttSettings) -> ssl.SSLContext:
    """Trusts the authority that the owner names, and shows our own certificate where there is one. Raises OSError."""
    return client_context("mqtt", mqtt.ca_file, mqtt.cert_file, mqtt.key_file)


def part(secret: ssl.SSLSocket) -> None:
    """Close after a handshake, when the broker has had its say. Raises ssl.SSLError where it will not have us.

    In TLS 1.3 our side of the handshake ends before the broker has looked at our certificate, or
    missed it. So we say that nothing follows, and wait for what it says last: a complaint, or nothing.
    """
    with secret:
        try:
            with contextlib.suppress(OSError):  # it hung up already; what it said is still here
                socket.socket.shutdown(secret, socket.SHUT_WR)  # of TCP: TLS's own would close both ways
            secret.recv(1)
        except OSError as error:  # it hangs up, or takes its time: no error of ours
            if getattr(error, "reason", None) in CERTIFICATE_ALERTS:
                raise


def _knock(mqtt: MqttSettings) -> tuple[ssl.SSLContext | None, Exception | None]:
    """Blocks; whatever goes wrong is returned."""
    try:
        context = tls_context(mqtt) if mqtt.tls else None
        with socket.create_connection((mqtt.host, mqtt.port), timeout=mqtt.timeout_s) as plain:
            if context:
                part(context.wrap_socket(plain, server_hostname=mqtt.host))
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that no resolver would take
        return None, error
    return context, None
