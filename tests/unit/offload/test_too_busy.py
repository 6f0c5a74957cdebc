"""An offloader on a computer that is too busy: what keeps the sound here all the same."""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.offload import offloader as module
from babycryd.offload.bucket import Bucket
from babycryd.offload.caps import Usage
from babycryd.offload.ledger import Ledger, LedgerEntry
from babycryd.offload.settings import OffloadSettings
from tests.support.fakes.bad_network import BadRoad
from tests.support.offloading import SETTINGS, OffloaderHarness, at_work
from tests.support.patience import HANG_S, until

pytestmark = pytest.mark.real_time


@asynccontextmanager
async def too_busy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, settings: OffloadSettings
) -> AsyncIterator[OffloaderHarness]:
    """An offloader that finds at once that this computer is too busy."""
    monkeypatch.setattr(module, "CHECK_EVERY_S", 0.02)
    monkeypatch.setattr("babycryd.offload.budget.STAY_S", 0.1)
    monkeypatch.setattr("babycryd.offload.budget.SMOOTHED_OVER_S", 0.1)
    async with at_work(folder, replace(settings, max_lag_s=0.1)) as harness:
        harness.offloader._readings._lag_s = lambda: 10.0
        yield harness


async def test_nothing_is_given_away_before_the_bucket_is_open(
    road: BadRoad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = threading.Event()
    monkeypatch.setattr(Bucket, "open", lambda _: loaded.wait(HANG_S))
    async with too_busy(tmp_path, monkeypatch, SETTINGS) as harness:
        clock = asyncio.get_running_loop().time
        await until(lambda: harness.offloader._policy.decide(clock(), Usage()).cloud)
        await asyncio.sleep(0.2)
        assert not any(harness.engine.offloading)
        loaded.set()
        await until(lambda: harness.engine.offloading[-1])
    assert not harness.engine.offloading[-1]  # and nothing once it has ended


async def test_a_bucket_that_cannot_be_opened_is_tried_again(
    road: BadRoad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OPEN_AGAIN_S", 0.5)
    monkeypatch.setitem(sys.modules, "google.cloud.storage", None)
    async with too_busy(tmp_path, monkeypatch, SETTINGS) as harness:
        await until(lambda: harness.offloader.trouble)
        assert harness.offloader.trouble == "google-cloud-storage is missing: pip install 'babycryd[cloud]'"
        assert not any(harness.engine.offloading)
        monkeypatch.delitem(sys.modules, "google.cloud.storage")
        await until(lambda: harness.engine.offloading[-1])


async def test_a_cap_keeps_everything_here(road: BadRoad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger(tmp_path).write(LedgerEntry("earlier", time.time(), "lag", 3.0, 1000))
    async with too_busy(tmp_path, monkeypatch, replace(SETTINGS, monthly_requests=1)) as harness:
        await until(lambda: harness.offloader.trouble)
        assert harness.offloader.trouble == "this month's 1 requests are used up"
    assert not any(harness.engine.offloading)
