"""How the Cloud Function serves 10,000 homes in a busy hour: waiting, missed deadlines and cost, simulated.

    python -m benchmarks.cloud_scale             about two minutes

The figures that go in are measured (docs/cloud.md), but for two that are the platform's and assumed: ROAD_S and the
cold start. Each home cries a tenth of the hour, and at half past the hour a thunderstorm wakes one home in five within
half a minute. An instance has one CPU and takes eight pieces at a time; a piece that finds all of them taken starts a
further instance, until there are as many as allowed, and waits in one queue. A home whose deadline passed three times
in a row sends nothing for half a minute (`offload/circuit_breaker.py` doubles the pause each time, so it sends less).
"""

import heapq
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tqdm import tqdm

from babycryd.offload.settings import PriceSettings

HOMES: Final = 10_000
HOUR_S: Final = 3600.0
PIECE_S: Final = 1.2  # a crying home sends one this often
WORK_S: Final = 0.034  # CPU of a piece with both models: 7.7 ms with one, and 26 ms for the second opinion
ROAD_S: Final = 0.4  # upload, the news of it, and fetching the answer; 0.11 s measured here, the rest assumed
DEADLINE_S: Final = 4.0
AT_A_TIME: Final = 8  # pieces in an instance: deploy.sh's --concurrency
CRYING: Final = 0.1  # share of the hour
BOUT_S: Final = 60.0  # mean length of a cry
STORM_S, STORM_HOMES, STORM_WITHIN_S = 1800.0, 0.2, 30.0
FAILURES, PAUSE_S = 3, 30.0  # of the circuit breaker
READS, WRITES = 3, 2  # storage operations of a piece
ANSWER_GB: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Scenario:
    """Share of homes whose computer is too busy, so that they send; the function's limits."""

    sending: float
    instances: int
    cold_start_s: float


@dataclass(slots=True)
class Outcome:
    """What became of the pieces of an hour."""

    waits_s: list[float] = field(default_factory=list)  # from the end of a piece to its scores
    cold_starts: int = 0
    unsent: int = 0  # by open circuit breakers

    @property
    def missed(self) -> float:
        """Share of the pieces sent whose answer came after the deadline."""
        return sum(wait_s > DEADLINE_S for wait_s in self.waits_s) / max(1, len(self.waits_s))

    def cost_usd(self, cold_start_s: float, prices: PriceSettings) -> float:
        n = len(self.waits_s)
        cpu_hours = (n * WORK_S + self.cold_starts * cold_start_s) / 3600
        operations = n * (WRITES * prices.per_10k_writes + READS * prices.per_10k_reads) / 1e4
        return (
            operations
            + n * prices.per_million_calls / 1e6
            + cpu_hours * prices.per_cpu_hour
            + n * ANSWER_GB * prices.per_gb_down
        )


class Home:
    """Sender of a home, with its circuit breaker."""

    def __init__(self) -> None:
        self._failures = 0
        self._closed_until_s = 0.0
        self._awaited: list[tuple[float, bool]] = []  # when an outcome is known, and whether it is good

    def may_send(self, now_s: float) -> bool:
        while self._awaited and self._awaited[0][0] <= now_s:
            known_s, good = self._awaited.pop(0)
            self._failures = 0 if good else self._failures + 1
            if self._failures >= FAILURES:
                self._closed_until_s = known_s + PAUSE_S
        return now_s >= self._closed_until_s

    def sent(self, now_s: float, wait_s: float) -> None:
        self._awaited.append((now_s + min(wait_s, DEADLINE_S), wait_s <= DEADLINE_S))
        self._awaited.sort()


def bouts(rng: random.Random) -> Iterator[tuple[float, float]]:
    """Yield start and end of the cries of one home."""
    now_s = rng.expovariate(CRYING / BOUT_S) * (1 - CRYING)
    while now_s < HOUR_S:
        end_s = now_s + rng.expovariate(1 / BOUT_S)
        yield now_s, end_s
        now_s = end_s + rng.expovariate(CRYING / BOUT_S / (1 - CRYING))
    if rng.random() < STORM_HOMES:
        start_s = STORM_S + rng.uniform(0, STORM_WITHIN_S)
        yield start_s, start_s + rng.expovariate(1 / BOUT_S)


def arrivals(homes: int, seed: int) -> list[tuple[float, int]]:
    """Return when each piece is complete, and of which home it is, in order of time."""
    found = []
    for home in range(homes):
        rng = random.Random(f"{seed} {home}")  # noqa: S311  # not a secret
        for start_s, end_s in bouts(rng):
            found += [
                (start_s + n * PIECE_S, home) for n in range(1, int((min(end_s, HOUR_S) - start_s) / PIECE_S) + 1)
            ]
    return sorted(found)


def simulate(scenario: Scenario, pieces: Sequence[tuple[float, int]]) -> Outcome:
    """Serve the pieces in order of time: each goes to the instance that is free first."""
    outcome, homes = Outcome(), dict[int, Home]()
    free_at_s: list[float] = []  # of each instance
    for now_s, number in pieces:
        home = homes.setdefault(number, Home())
        if not home.may_send(now_s):
            outcome.unsent += 1
            continue
        full = not free_at_s or free_at_s[0] - now_s > (AT_A_TIME - 1) * WORK_S
        if full and len(free_at_s) < scenario.instances:
            outcome.cold_starts += 1
            heapq.heappush(free_at_s, now_s + scenario.cold_start_s)
        ready_s = max(now_s, free_at_s[0]) + WORK_S
        heapq.heapreplace(free_at_s, ready_s)
        wait_s = ready_s - now_s + ROAD_S
        home.sent(now_s, wait_s)
        outcome.waits_s.append(wait_s)
    return outcome


def main() -> None:
    """Print a line for each scenario."""
    scenarios = [
        Scenario(sending, instances, cold_start_s)
        for sending, limits in ((0.1, (3, 10, 30)), (1.0, (10, 30, 60, 120)))
        for instances in limits
        for cold_start_s in (2.0, 8.0)
    ]
    print(
        "| homes that send | instances at most | cold start, s | pieces a second, mean | wait, s: median, 99 % ", end=""
    )
    print("| deadline missed | not sent | instances started | USD for the hour |\n|" + "---|" * 9)
    for each in tqdm(scenarios, disable=None):
        pieces = arrivals(round(HOMES * each.sending), seed=1)
        outcome = simulate(each, pieces)
        percentiles = statistics.quantiles(outcome.waits_s, n=100)
        print(
            f"| {HOMES * each.sending:,.0f} | {each.instances} | {each.cold_start_s:g} | {len(pieces) / HOUR_S:.0f} "
            f"| {percentiles[49]:.2f}, {percentiles[98]:.2f} | {100 * outcome.missed:.2f} % "
            f"| {100 * outcome.unsent / len(pieces):.1f} % | {outcome.cold_starts} "
            f"| {outcome.cost_usd(each.cold_start_s, PriceSettings()):.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
