"""Does the ladder calm more babies than one lullaby, and does learning calm more than the ladder? A SIMULATION.

    python -m benchmarks.soothing                                    200 babies x 30 nights; exits with 1 below a goal
    python -m benchmarks.soothing --babies 50 --world "no tastes"    babies who like every sound as much

The strategies are the daemon's own. The babies are made of numbers (`benchmarks/soothing_babies.py`): no real baby was
heard, so these figures say how well a strategy finds what works, and nothing about how well sounds calm babies. All
strategies meet the same bouts of the same babies. A cry is calmed if it ends within five minutes without a parent and
two quiet minutes follow. Hindsight is the ladder in the order of each baby's true tastes, by day and by night.
Intervals are 95 %, by bootstrap over the babies.
"""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.soothe.ladder_strategy import LadderStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.step_judge import SOON_S
from babycryd.soothe.strategy import SoothingStrategy, Track, strategy_of
from benchmarks.soothing_babies import BEGIN_UTC_S, SOUNDS, Baby, World
from benchmarks.soothing_night import Night

WORLDS: Final[Mapping[str, World]] = {
    "usual": World(),
    "no tastes": World(tastes=0.0, time_of_day=0.0, growth=0.0),
    "slow sounds": World(delay_s=80.0),
    "weak sounds": World(base=-1.7),
}
NAMES: Final = ("lullaby", "ladder", "learning", "hindsight")
KNOWN_FROM: Final = 20  # episodes
BLOCK: Final = 30  # episodes, over which learning is compared with the ladder
NEAR_HINDSIGHT: Final = 0.90
WORST_LOSS: Final = 0.03
_TRACKS: Final = tuple(Track(sound, Path(f"{sound}.ogg")) for sound in SOUNDS)

Calms = NDArray[np.float64]  # (babies, episodes): seconds until calm; inf: a parent ended it


class Hindsight(LadderStrategy):
    """Ladder in the order of a baby's true tastes."""

    def __init__(self, baby: Baby) -> None:
        super().__init__(LullabySettings(), _TRACKS)
        self._baby = baby

    def order(self, utc_s: float, *, night: bool) -> tuple[str, ...]:
        return self._baby.order(night=night)


def strategy(name: str, baby: Baby, seed: int) -> SoothingStrategy:
    if name == "hindsight":
        return Hindsight(baby)
    return strategy_of(LullabySettings(), _TRACKS, SoothingSettings(strategy=name), seed)


def lives(seed: int, world: World, nights: int) -> list[list[float]]:
    """Return the seconds until calm of every bout of a baby, for each of NAMES."""
    baby = Baby(world, seed)
    bouts = list(baby.bouts(nights))
    found = []
    for name in NAMES:
        one = strategy(name, baby, seed)
        found.append([Night(one, bout, bout.utc_s - BEGIN_UTC_S).live().calm_s for bout in bouts])
    return found


def simulate(babies: int, nights: int, seed: int, world: World, processes: int) -> dict[str, Calms]:
    """Return the seconds until calm, by strategy."""
    seeds = range(seed, seed + babies)
    work = partial(lives, world=world, nights=nights)
    with multiprocessing.Pool(processes) as pool:
        found = np.array(list(tqdm(pool.imap(work, seeds), total=babies, unit="baby", disable=None)))
    return {name: found[:, number] for number, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Figure:
    """Mean over the babies, with its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{100 * self.value:5.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"


def figure(by_baby: NDArray[np.float64], over: NDArray[np.float64] | None = None, seed: int = 0) -> Figure:
    """Return the mean over babies, or the ratio of two means, with a bootstrap interval."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(by_baby), size=(2000, len(by_baby)))
    means = by_baby[drawn].mean(axis=1) / (1 if over is None else over[drawn].mean(axis=1))
    value = by_baby.mean() / (1 if over is None else over.mean())
    return Figure(float(value), *(float(each) for each in np.quantile(means, (0.025, 0.975))))


def calmed(calms: Calms, first: int = 0, last: int | None = None) -> NDArray[np.float64]:
    """Return the share of the episodes that were calmed, by baby."""
    return np.asarray((calms[:, first:last] <= SOON_S).mean(axis=1))


def goals(found: Mapping[str, Calms]) -> dict[str, tuple[Figure, bool]]:
    """Return the figure of each goal, and whether it is reached."""
    learning, ladder = found["learning"], found["ladder"]
    near = figure(calmed(learning, KNOWN_FROM), calmed(found["hindsight"], KNOWN_FROM))
    starts = range(0, learning.shape[1], BLOCK)
    losses = [figure(calmed(learning, at, at + BLOCK) - calmed(ladder, at, at + BLOCK)) for at in starts]
    worst = min(losses, key=lambda each: each.value)
    gain = figure(calmed(ladder) - calmed(found["lullaby"]))
    return {
        f"learning after {KNOWN_FROM} episodes, of hindsight": (near, near.value >= NEAR_HINDSIGHT),
        f"learning minus ladder, worst {BLOCK} episodes": (worst, worst.value >= -WORST_LOSS),
        "ladder minus lullaby": (gain, gain.value > 0),
    }


def table(found: Mapping[str, Calms]) -> str:
    """Return the figures of every strategy as a Markdown table."""
    lines = ["| strategy | calmed within 5 min | after 20 episodes | median time to calm |", "|---|---|---|---|"]
    for name, calms in found.items():
        median_s = float(np.median(calms))
        median = f"{median_s:.0f} s" if np.isfinite(median_s) else "a parent ends more than half"
        lines.append(f"| {name} | {figure(calmed(calms))} | {figure(calmed(calms, KNOWN_FROM))} | {median} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--babies", type=int, default=200)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=100_000, help="of the first baby; others than the tuning's")
    parser.add_argument("--world", choices=WORLDS, default="usual")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print the goals as JSON")
    arguments = parser.parse_args()
    found = simulate(arguments.babies, arguments.nights, arguments.seed, WORLDS[arguments.world], arguments.processes)
    print(f"SIMULATION, world {arguments.world!r}: {arguments.babies} babies x {arguments.nights} nights, 3 cries each")
    print(table(found))
    reached = goals(found)
    for what, (value, good) in reached.items():
        print(f"{'reached' if good else 'MISSED '}  {what}: {value}")
    if arguments.json:
        print(json.dumps({what: [value.value, value.low, value.high] for what, (value, _) in reached.items()}))
    return 0 if all(good for _, good in reached.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
