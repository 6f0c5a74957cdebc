"""The end of the daemon waits for no thread that hangs, as one may in the resolver or at a dead network folder."""

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from babycryd.cli.common.daemon_process import _serve
from babycryd.daemon.daemon import Daemon


class HangingDaemon:
    """A daemon that ends while one of its threads never does."""

    starts_again = False

    def __init__(self) -> None:
        self.released = threading.Event()

    async def run(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.run_in_executor(None, self.released.wait)
        assert await asyncio.to_thread(int, "7") == 7


@pytest.mark.timeout(120)  # it would wait for the thread for ever
def test_a_thread_that_hangs_delays_nothing(caplog: pytest.LogCaptureFixture) -> None:
    daemon = HangingDaemon()
    caplog.set_level(logging.ERROR)
    runner, executor = asyncio.Runner(), ThreadPoolExecutor()
    runner.get_loop().set_default_executor(executor)
    try:
        assert _serve(runner, cast("Daemon", daemon), executor) == 0
        assert not daemon.released.is_set()
        assert caplog.records == []
    finally:
        daemon.released.set()
        daemon.loop.close()
