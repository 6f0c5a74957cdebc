"""Preflight of a connection to the broker: name, TCP and TLS are tried in a daemon thread before aiomqtt connects.

aiomqtt resolves the name, connects and shakes hands for TLS in the loop's executor. Python joins the threads of an
executor before it exits, so a resolver that hangs would hold up the end of the daemon. It never joins a daemon thread.
aiomqtt also wraps the errors; the preflight raises them as they are.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from typing import Final

from babycryd.mqtt.settings import MqttSettings
from babycryd.system.tls import client_context

# Names of OpenSSL's alerts about a client certificate that is missing or that the broker refuses
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
        if answer.done():  # the time is over
            return
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(context)

    def connect() -> None:
        context, error = _connect(mqtt)
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, context, error)

    threading.Thread(target=connect, name="mqtt-preflight", daemon=True).start()
    async with asyncio.timeout(mqtt.timeout_s):
        return await answer


def tls_context(mqtt: MqttSettings) -> ssl.SSLContext:
    """TLS context with the authority and the client certificate that the settings name. Raises OSError."""
    return client_context("mqtt", mqtt.ca_file, mqtt.cert_file, mqtt.key_file)


def part(secret: ssl.SSLSocket) -> None:
    """Closes a TLS connection after the broker's answer. Raises ssl.SSLError where it refuses our certificate.

    In TLS 1.3 our side of the handshake ends before the broker has checked our certificate. So our sending side is
    closed first, and the broker's last record is read: an alert, or nothing.
    """
    with secret:
        try:
            with contextlib.suppress(OSError):  # the broker hung up already; its alert can still be read
                socket.socket.shutdown(secret, socket.SHUT_WR)  # of TCP: TLS's own would close both ways
            secret.recv(1)
        except OSError as error:  # a hang-up or a timeout is no refusal
            if getattr(error, "reason", None) in CERTIFICATE_ALERTS:
                raise


def _connect(mqtt: MqttSettings) -> tuple[ssl.SSLContext | None, Exception | None]:
    """The TLS context that worked, or the error. Blocks."""
    try:
        context = tls_context(mqtt) if mqtt.tls else None
        with socket.create_connection((mqtt.host, mqtt.port), timeout=mqtt.timeout_s) as plain:
            if context:
                part(context.wrap_socket(plain, server_hostname=mqtt.host))
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that no resolver would take
        return None, error
    return context, None
