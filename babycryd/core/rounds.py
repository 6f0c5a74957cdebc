"""Rounds: common times at which tasks look at what has no event, so that they wake the computer together.

Each wake-up costs a small computer more than what is then looked at. Tasks with the same period, or a multiple of it,
share their rounds.
"""

import asyncio
from typing import Final

_PASSED: Final = 0.1  # share of the period before a round in which a timer that was a little early has ended


def until_round_s(every_s: float) -> float:
    """Return the time until the loop's clock is next a whole multiple of `every_s`, 0 or more; 0.1 to 1.1 of it."""
    if every_s <= 0:
        return 0.0
    left_s = every_s - asyncio.get_running_loop().time() % every_s
    return left_s if left_s > _PASSED * every_s else left_s + every_s


async def next_round(every_s: float) -> None:
    """Wait for the next round of this period; the first wait of a task is mostly shorter than it."""
    await asyncio.sleep(until_round_s(every_s))
