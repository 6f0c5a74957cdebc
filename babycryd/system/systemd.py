"""Notifications of systemd: one datagram to `$NOTIFY_SOCKET`; without a socket, nothing.

See sd_notify(3). Ten lines replace a dependency on libsystemd.
"""

import os
import socket
from collections.abc import Mapping
from typing import Final

from babycryd.core.printable import printable

_LONGEST_FIELD: Final = 1000  # characters


class SystemdNotifier:
    """Notifier of systemd: ready, alive or stopping. Never raises, because systemd notices a lost datagram."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):  # an abstract socket
            self._address = "\0" + self._address[1:]
        self._socket = (
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) if self._address else None
        )

    def send(self, **fields: str) -> None:
        """Send fields, as `send(READY="1", STATUS="listening")`."""
        if self._socket is None:
            return
        # A line's end in a microphone's name would begin a field of its own.
        message = "\n".join(f"{key}={printable(value, _LONGEST_FIELD)}" for key, value in fields.items())
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError:
            return

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
