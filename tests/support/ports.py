"""Loopback ports for the servers of tests."""

import itertools
import os
import random
import socket
from typing import Final

# Below 32768, where Linux takes the ports of outgoing connections from: such a port stays free until its server starts
_FIRST: Final = 12_000
_EACH: Final = 200  # ports of one process of pytest; other processes and other runs of the tests use other ones
_BLOCKS: Final = 100


def free_port() -> int:
    """A port to which nothing is bound; another one each time."""
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            port = next(_PORTS)
            if _can_bind(probe, port):
                return port


def _can_bind(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def _own_block() -> int:
    """Claims a block of ports for the life of this process, by a name that only one socket of the machine can have."""
    for block in random.sample(range(_BLOCKS), _BLOCKS):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0ports-of-the-tests-{block}")
        except OSError:
            claim.close()
        else:
            os.set_inheritable(claim.detach(), False)  # stays open
            return block
    raise RuntimeError(f"{_BLOCKS} processes of tests have taken all ports")


_PORTS = itertools.cycle(range(_FIRST + (block := _own_block()) * _EACH, _FIRST + (block + 1) * _EACH))
