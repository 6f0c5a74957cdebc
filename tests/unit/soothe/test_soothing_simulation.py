"""The benchmark of simulated babies, small: the daemon's strategies, chance from seeds."""

import numpy as np

from benchmarks.soothing import NAMES, calmed, figure, goals, lives, table
from benchmarks.soothing_babies import Baby, World

CLEAR = World(tastes=3.0, base=-1.0, growth=0.0, time_of_day=0.0, needy=0.0, alone=0.0, again=0.0, parent=0.0)


def test_learning_finds_what_clearly_works() -> None:
    found = np.array([lives(seed, CLEAR, nights=12) for seed in range(6)])
    by_name = {name: found[:, number] for number, name in enumerate(NAMES)}
    late = {name: float(calmed(calms, 18).mean()) for name, calms in by_name.items()}
    assert late["hindsight"] >= late["learning"] > late["ladder"] > late["lullaby"]
    assert all(reached for _, reached in goals(by_name).values())
    assert table(by_name).count("\n") == 5


def test_the_same_seed_gives_the_same_nights() -> None:
    assert lives(7, World(), nights=2) == lives(7, World(), nights=2)


def test_every_strategy_meets_the_same_bouts() -> None:
    one, two = (list(Baby(World(), 3).bouts(2)) for _ in range(2))
    assert [(each.utc_s, each.alone_s, each.parent_s, each.works.tolist()) for each in one] == [
        (each.utc_s, each.alone_s, each.parent_s, each.works.tolist()) for each in two
    ]


def test_an_interval_holds_its_value() -> None:
    shares = np.array([0.2, 0.4, 0.6, 0.8])
    found = figure(shares)
    assert found.low < found.value == 0.5 < found.high
    assert figure(shares, shares).value == 1.0
