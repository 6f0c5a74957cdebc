"""Preflight of a connection to the broker: name, TCP and TLS are tried in a daemon thread before aiomqtt connects.

aiomqtt resolves the name, connects and shakes hands for TLS in the loop's executor. Python joins the threads of an
executor before it exits, so a resolver that hangs would delay the end of the daemon. It never joins a daemon thread.
aiomqtt also wraps the errors; the preflight raises them as they are.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from pathlib import Path
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

TlsFiles = tuple[tuple[int, ...], ...]  # device, inode, time and size of each file


async def preflight(mqtt: MqttSettings) -> ssl.SSLContext | None:
    """Connect to the broker and disconnect; return the TLS context that worked, or None without TLS.

    Raises OSError (unknown name, refused, TLS) or TimeoutError, after at most `mqtt.timeout_s`.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[ssl.SSLContext | None] = loop.create_future()

    def settle(context: ssl.SSLContext | None, error: Exception | None) -> None:
        if answer.done():  # timed out
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
    """Return a TLS context with the CA and the client certificate of the settings. Raises OSError."""
    return client_context("mqtt", mqtt.ca_file, mqtt.cert_file, mqtt.key_file)


def tls_files(mqtt: MqttSettings) -> TlsFiles:
    """Return what tells the files for TLS from those that replace them; a missing one counts as a state, too."""
    named = (path for path in (mqtt.ca_file, mqtt.cert_file, mqtt.key_file) if path)
    return tuple(_state_of(path) for path in named)


def _state_of(path: Path) -> tuple[int, ...]:
    try:
        found = path.expanduser().stat()
    except (OSError, RuntimeError, ValueError):  # RuntimeError: `~user` of a user who does not exist; ValueError: NUL
        return ()
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def close_tls(secret: ssl.SSLSocket) -> None:
    """Close a TLS connection after the broker's answer. Raises ssl.SSLError where it refuses our certificate.

    In TLS 1.3 our side of the handshake ends before the broker has checked our certificate. Therefore the sending side
    is closed first, and the broker's last record is read: an alert, or nothing.
    """
    with secret:
        try:
            with contextlib.suppress(OSError):  # the broker has disconnected; its alert can still be read
                socket.socket.shutdown(secret, socket.SHUT_WR)  # of TCP; the one of TLS would close both directions
            secret.recv(1)
        except OSError as error:  # a disconnection or a timeout is no refusal
            if getattr(error, "reason", None) in CERTIFICATE_ALERTS:
                raise


def _connect(mqtt: MqttSettings) -> tuple[ssl.SSLContext | None, Exception | None]:
    """Connect; return the TLS context that worked, or the error. Blocks."""
    try:
        context = tls_context(mqtt) if mqtt.tls else None
        with socket.create_connection((mqtt.host, mqtt.port), timeout=mqtt.timeout_s) as plain:
            if context:
                close_tls(context.wrap_socket(plain, server_hostname=mqtt.host))
    except (OSError, ValueError) as error:  # ValueError: a host name that no resolver accepts, a path with NUL
        return None, error
    return context, None
