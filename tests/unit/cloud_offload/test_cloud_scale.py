import pytest

from babycryd.offload.settings import PriceSettings
from benchmarks.cloud_scale import PIECE_S, ROAD_S, WORK_S, Scenario, arrivals, simulate


def pieces(homes: int, seconds: float) -> list[tuple[float, int]]:
    return sorted(
        (home / homes * PIECE_S + n * PIECE_S, home) for home in range(homes) for n in range(int(seconds / PIECE_S))
    )


def test_one_home_waits_for_the_cold_start_only() -> None:
    outcome = simulate(Scenario(1.0, 3, cold_start_s=2.0), pieces(1, 60))
    assert outcome.cold_starts == 2  # the second piece comes before the first instance is ready
    assert outcome.waits_s[0] == pytest.approx(2.0 + WORK_S + ROAD_S)
    assert outcome.waits_s[-1] < 0.5
    assert outcome.missed == 0
    assert outcome.unsent == 0


def test_more_homes_than_an_instance_serves_miss_the_deadline_until_they_pause() -> None:
    served = int(PIECE_S / WORK_S)
    assert simulate(Scenario(1.0, 1, cold_start_s=0.0), pieces(served - 1, 120)).missed == 0
    outcome = simulate(Scenario(1.0, 1, cold_start_s=0.0), pieces(2 * served, 120))
    assert outcome.missed > 0.1
    assert outcome.unsent > 0
    assert simulate(Scenario(1.0, 3, cold_start_s=0.0), pieces(2 * served, 120)).missed == 0


def test_homes_cry_a_tenth_of_the_hour_and_the_storm_wakes_more() -> None:
    found = arrivals(300, seed=1)
    share = len(found) * PIECE_S / 3600 / 300
    assert 0.08 < share < 0.13
    storm = sum(1800 <= at_s < 1840 for at_s, _ in found)
    assert storm > 1.5 * sum(1700 <= at_s < 1740 for at_s, _ in found)


def test_the_cost_grows_with_pieces_and_cold_starts() -> None:
    few, many = (simulate(Scenario(1.0, 3, cold_start_s=2.0), pieces(homes, 60)) for homes in (1, 10))
    assert 5 < many.cost_usd(2.0, PriceSettings()) / few.cost_usd(2.0, PriceSettings()) < 10
