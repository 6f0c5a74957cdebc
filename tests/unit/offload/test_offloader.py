"""The offloader between an engine and a real bucket with a real function, in every kind of trouble."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.offload import offloader as module
from babycryd.offload.circuit_breaker import MOST_FAILURES
from babycryd.offload.ledger import FILE, Ledger, LedgerError
from babycryd.offload.usage import UsageTotals
from tests.support.cloud import Forwarder, Function, Storage
from tests.support.fakes.bad_network import BadRoad, Trouble
from tests.support.offloading import IMPATIENT, SETTINGS, OffloaderHarness, at_work, piece
from tests.support.patience import Stopwatch, until

pytestmark = pytest.mark.real_time


@pytest.fixture(scope="module")
def function(storage: Storage) -> Iterator[Function]:
    with Function(storage.environment) as running:
        yield running


@pytest.fixture
def told(storage: Storage, function: Function) -> Iterator[None]:
    """The function hears of what comes."""
    with Forwarder(storage, [function]):
        yield


async def test_a_piece_comes_back_with_its_scores(storage: Storage, road: BadRoad, told: None, tmp_path: Path) -> None:
    async with at_work(tmp_path) as harness:
        one = piece()
        harness.offloader.take(one)
        (entry,) = await harness.settled(1)
    assert (entry.outcome, entry.error) == ("answered", None)
    assert all(each is not None and each.score > 0.7 for each in harness.engine.answered[one.number])
    assert entry.seconds == pytest.approx(3.36)
    assert entry.n_bytes > 1000
    assert entry.latency_s is not None
    assert entry.latency_s > 0
    assert harness.offloader.offloaded == 1
    assert harness.offloader.trouble is None
    assert storage.names("recordings/") == []


@pytest.mark.parametrize(
    ("trouble", "part"),
    [
        (Trouble("POST", status=401), "is not accepted"),
        (Trouble("POST", status=404), "404 (check offload.bucket"),
        (Trouble("POST", status=412), "412"),
        (Trouble("GET", status=403), "403 (there is no answer yet, or its account may not read"),
        (Trouble(delay_s=6), "no answer before the deadline"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_in_trouble_it_is_judged_here_and_the_reason_told(
    trouble: Trouble, part: str, road: BadRoad, told: None, tmp_path: Path
) -> None:
    road.trouble = trouble
    async with at_work(tmp_path, IMPATIENT) as harness:
        one = piece()
        stopwatch = Stopwatch()
        harness.offloader.take(one)
        (entry,) = await harness.settled(1)
        assert stopwatch.elapsed_s() < IMPATIENT.deadline_s
        assert harness.engine.here == [one.number]
        assert entry.outcome == "failed"
        assert entry.error is not None
        assert part in entry.error
        assert harness.offloader.trouble == entry.error


@pytest.mark.parametrize(
    "trouble", [Trouble(status=503, times=2), Trouble(delay_s=0.6), Trouble("GET", cut=True, times=1)]
)
async def test_passing_trouble_is_outlived(trouble: Trouble, road: BadRoad, told: None, tmp_path: Path) -> None:
    road.trouble = trouble
    async with at_work(tmp_path) as harness:
        harness.offloader.take(piece())
        (entry,) = await harness.settled(1)
    assert entry.outcome == "answered", entry.error
    assert harness.engine.here == []


async def test_an_upload_whose_success_was_not_told_is_not_sent_for_nothing(
    road: BadRoad, told: None, tmp_path: Path
) -> None:
    road.trouble = Trouble("POST", status=503, forwarded=True, times=1)
    async with at_work(tmp_path) as harness:
        harness.offloader.take(piece())
        (entry,) = await harness.settled(1)
    assert [method for method, _ in road.seen].count("POST") == 2
    assert (entry.outcome, harness.engine.here) == ("answered", []), entry.error


@pytest.mark.parametrize(("mb", "requests", "said"), [(500.0, 2, "2 requests"), (0.2, 100, "0.2 MB")])
async def test_not_one_piece_more_than_a_cap_allows(
    mb: float, requests: int, said: str, road: BadRoad, told: None, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, monthly_mb=mb, monthly_requests=requests)
    async with at_work(tmp_path, settings) as harness:
        pieces = [piece() for _ in range(5)]
        for one in pieces:
            harness.offloader.take(one)
        entries = await harness.settled(2)
        await until(lambda: len(harness.engine.here) == 3)
        assert harness.offloader.trouble in (
            f"this month's {said} are used up",
            None,
        )  # None: the last one was answered
    assert len(harness.ledger.entries()) == len(entries) == harness.offloader.offloaded == 2
    assert len(harness.engine.here) == 3
    assert sum(entry.n_bytes for entry in entries) <= mb * 1e6


async def test_the_months_totals_are_told(
    road: BadRoad, told: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.offload.usage.TOTALS_EVERY_S", 0.0)
    monkeypatch.setattr(module, "CHECK_EVERY_S", 0.05)
    async with at_work(tmp_path) as harness:
        harness.offloader.take(piece())
        (entry,) = await harness.settled(1)
        await until(lambda: (told := harness.offloader.cloud_month()) is not None and told.answered)
        month = harness.offloader.cloud_month()
    assert month is not None
    assert (month.segments, month.answered, month.mb) == (1, 1, round(entry.n_bytes / 1e6, 1))
    assert 0 < month.cost_usd < 0.0001


async def test_a_function_that_dies_in_the_middle_is_outlived(storage: Storage, road: BadRoad, tmp_path: Path) -> None:
    async with at_work(tmp_path) as harness:
        harness.offloader.take(piece())
        await until(lambda: storage.names("recordings/"))
        event = storage.event(storage.names("recordings/")[0])
        with Function(storage.environment) as doomed:
            doomed.kill()  # the event is delivered again, to the next instance
        with Function(storage.environment) as next_one:
            assert await asyncio.to_thread(next_one.send, event) < 300
        (entry,) = await harness.settled(1)
    assert entry.outcome in ("answered", "failed")  # as the start of an instance lasts: never both
    assert (harness.engine.here == []) == (entry.outcome == "answered")


@pytest.mark.parametrize("skew_s", [-3600.0, 3600.0])
async def test_a_clock_that_is_an_hour_wrong_changes_nothing(
    skew_s: float, road: BadRoad, told: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    monkeypatch.setattr("babycryd.offload.offloader.time.time", lambda: real() + skew_s)
    async with at_work(tmp_path) as harness:
        one = piece()
        harness.offloader.take(replace(one, utc_s=one.utc_s + skew_s))
        (entry,) = await harness.settled(1)
    assert entry.outcome == "answered", entry.error
    assert entry.sent_utc_s == pytest.approx(real() + skew_s, abs=10)


async def test_an_answer_after_its_deadline_is_counted_as_late(road: BadRoad, told: None, tmp_path: Path) -> None:
    async with at_work(tmp_path) as harness:
        one = piece()
        harness.engine.here.append(one.number)  # the engine has waited long enough
        harness.offloader.take(one)
        (entry,) = await harness.settled(1)
    assert entry.outcome == "late"


async def test_events_twice_and_out_of_order_give_each_piece_its_own_answer(
    storage: Storage, function: Function, road: BadRoad, tmp_path: Path
) -> None:
    with Forwarder(storage, [function], copies=3, delay_s=0.8):
        async with at_work(tmp_path) as harness:
            pieces = [piece() for _ in range(4)]
            for one in pieces:
                harness.offloader.take(one)
            entries = await harness.settled(4)
    assert [entry.outcome for entry in entries] == ["answered"] * 4
    assert harness.engine.answered.keys() == {one.number for one in pieces}


async def test_after_failures_it_stops_asking(road: BadRoad, tmp_path: Path) -> None:
    road.trouble = Trouble("POST", status=403)
    async with at_work(tmp_path) as harness:
        for count in range(1, MOST_FAILURES + 3):
            one = piece()
            harness.offloader.take(one)
            await asyncio.sleep(0)
            await harness.settled(min(count, MOST_FAILURES))
        await until(lambda: len(harness.engine.here) == MOST_FAILURES + 2)
        assert harness.offloader.trouble is not None
        assert harness.offloader.trouble.startswith("the cloud failed too often; trying again later (the bucket")
        assert "answers 403 (check offload.key_file" in harness.offloader.trouble
    assert len(harness.ledger.entries()) == MOST_FAILURES
    assert len(harness.engine.here) == MOST_FAILURES + 2


async def test_a_probe_that_was_cut_off_does_not_prevent_the_next(road: BadRoad, told: None, tmp_path: Path) -> None:
    async with at_work(tmp_path) as harness:
        breaker = harness.offloader._policy.breaker
        for _ in range(MOST_FAILURES):
            breaker.failed(-1e6)  # so long ago that the next piece is a probe
        road.trouble = Trouble(delay_s=2.0)
        harness.offloader.take(piece())
        await until(harness.ledger.entries)
        assert not breaker.allows(0.0)
    assert breaker.allows(0.0)  # the offloader may run again, as after any trouble of its own


async def test_a_ledger_that_cannot_be_kept_is_told_until_it_can(tmp_path: Path) -> None:
    harness = OffloaderHarness(tmp_path / "well")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / FILE).write_text("This was a ledger once. " * 50)
    harness.offloader._usage = UsageTotals(lambda: Ledger(broken))
    with pytest.raises(LedgerError):
        await harness.offloader.run()
    assert harness.offloader.trouble is not None
    assert harness.offloader.trouble.startswith("nothing is sent without its ledger: ")
    assert FILE in harness.offloader.trouble
    (broken / FILE).unlink()
    task = asyncio.create_task(harness.offloader.run())
    await until(harness.offloader.cloud_month)
    assert harness.offloader.trouble is None
    task.cancel()
    await asyncio.wait([task])
