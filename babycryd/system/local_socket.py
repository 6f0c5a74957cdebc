"""Local socket: one of Linux's abstract names, which belongs to a folder. The kernel tells who is at its other end.

An abstract name is no file: it ends with its process, and no stale one is left after a crash (unix(7)).
"""

import hashlib
import os
import socket
import struct
from pathlib import Path
from typing import Final

_CREDENTIALS: Final = struct.Struct("3i")  # pid, uid, gid: `struct ucred` of unix(7)


def socket_name(folder: Path) -> str:
    """Return the abstract name of the socket that belongs to a folder."""
    digest = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()
    return f"\0babycryd-{digest[:24]}"


def peer_user(end: socket.socket) -> int:
    """Return the user id of the process at the other end. Raises OSError."""
    raw = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(raw)
    return int(user)
