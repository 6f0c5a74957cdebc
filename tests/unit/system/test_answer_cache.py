"""Answers that take long: one at a time, shared, kept for a while."""

import asyncio

import pytest

from babycryd.system.answer_cache import AnswerCache, BusyError

pytestmark = pytest.mark.usefixtures("virtual_time")


class Maker:
    """Makes answers, each when it may, and counts."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.at_once = self.most_at_once = 0

    async def make(self, key: str) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        self.made.append(key)
        return key.upper()


async def test_a_hundred_requests_for_the_same_cost_one_answer() -> None:
    cache, maker = AnswerCache[str](10.0), Maker()
    told = await asyncio.gather(*(cache.get("a", lambda: maker.make("a")) for _ in range(100)))
    assert (set(told), maker.made) == ({"A"}, ["a"])


async def test_different_answers_are_made_one_at_a_time_and_not_too_many() -> None:
    cache, maker = AnswerCache[str](10.0), Maker()
    asked = [cache.get(key, lambda key=key: maker.make(key)) for key in "abcdefghijkl"]  # type: ignore[misc]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert told[:4] == list("ABCD")
    assert [type(each) for each in told[4:]] == [BusyError] * 8
    assert maker.most_at_once == 1
    assert await cache.get("l", lambda: maker.make("l")) == "L"  # room again


async def test_an_answer_grows_old_and_an_error_is_not_kept() -> None:
    cache, maker = AnswerCache[str](0.05), Maker()
    for pause_s in (0.0, 0.0, 0.1, 0.0):
        await asyncio.sleep(pause_s)
        await cache.get("a", lambda: maker.make("a"))
    assert maker.made == ["a", "a"]

    async def fail() -> str:
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            await cache.get("b", fail)
    assert await cache.get("b", lambda: maker.make("b")) == "B"


async def test_a_request_that_is_cancelled_leaves_the_next_one_its_turn() -> None:
    cache, maker = AnswerCache[str](10.0), Maker()
    first = asyncio.ensure_future(cache.get("a", lambda: maker.make("a")))
    second = asyncio.ensure_future(cache.get("a", lambda: maker.make("a")))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "A"
    assert not cache._waiting


async def test_an_answer_that_is_not_waited_for_any_more_is_finished_before_the_next_begins() -> None:
    cache, maker = AnswerCache[str](0.0), Maker()
    for key in "abc":  # each asker gives up, as after a request's time limit
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await cache.get(key, lambda key=key: maker.make(key))  # type: ignore[misc]
    assert await cache.get("d", lambda: maker.make("d")) == "D"
    assert maker.most_at_once == 1
    assert maker.made[0] == "a"


async def test_few_answers_are_kept() -> None:
    cache, maker = AnswerCache[str](10.0), Maker()
    for number in range(40):
        await cache.get(number, lambda: maker.make("x"))
    assert len(cache._answers) == 16
