"""Tasks that look at something now and then do so together."""

import asyncio

import pytest

from babycryd.core.rounds import next_round, until_round_s

pytestmark = pytest.mark.usefixtures("virtual_time")


async def test_tasks_that_began_at_different_times_wake_at_the_same_ones() -> None:
    clock, woken = asyncio.get_running_loop().time, list[list[int]]()

    async def look(every_s: float, times: int) -> None:
        at_s = list[int]()
        woken.append(at_s)
        for _ in range(times):
            await next_round(every_s)
            at_s.append(round(clock()))  # the test itself takes some time

    async with asyncio.TaskGroup() as group:
        group.create_task(look(2.0, 8))
        await asyncio.sleep(1.3)
        group.create_task(look(2.0, 5))
        group.create_task(look(4.0, 2))
    often, other, seldom = woken
    assert set(other) <= set(often)
    assert set(seldom) <= set(often)
    assert all(at_s % 2 == 0 for at_s in often)


async def test_a_round_is_never_met_twice_and_no_period_is_no_wait() -> None:
    await next_round(10.0)
    await asyncio.sleep(0)
    assert 1.0 < until_round_s(10.0) <= 11.0
    assert until_round_s(0.0) == 0.0
