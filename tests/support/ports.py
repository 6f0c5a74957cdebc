"""Loopback ports for the servers of tests."""

import itertools
import os
import random
import socket
from typing import Final

# Below 32768, where Linux takes the ports of outgoing connections from: such a port stays free until its server starts
_FIRST: Final = 12_000
_EACH: Final = 2_000  # of a worker of pytest-xdist: no other picks the same one meanwhile
_WORKERS: Final = 10


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


def _ports_of_this_worker() -> range:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    return range(_FIRST + number * _EACH, _FIRST + (number + 1) * _EACH)


# In a random order: another run of the tests on this machine has the same ports
_PORTS = itertools.cycle(random.sample(_ports_of_this_worker(), _EACH))
