"""What the daemon makes of a scene is compared with what was in it."""

import pytest

from training.evaluation.scene_runs import SceneRun, is_false_episode, latency_s, run_figures
from training.synthesis.scenes import CryEvent


def cry(onset_s: float, offset_s: float, snr_db: float = 10.0) -> CryEvent:
    return CryEvent(onset_s, offset_s, snr_db, "baby", over_lullaby=False)


def test_latency_counts_from_the_onset_and_is_zero_in_a_running_episode() -> None:
    assert latency_s(cry(10, 20), [(12.5, 30.0)]) == 2.5
    assert latency_s(cry(10, 20), [(3.0, 11.0)]) == 0.0
    assert latency_s(cry(10, 20), [(1.0, 9.0), (23.0, 40.0)]) is None
    assert latency_s(cry(10, 20), [(21.0, 40.0)]) == 11.0  # its echo


def test_an_episode_is_false_where_no_cry_explains_its_beginning() -> None:
    assert not is_false_episode(21.0, [cry(10, 20)])
    assert is_false_episode(23.0, [cry(10, 20)])
    assert is_false_episode(9.9, [cry(10, 20)])


def test_figures_are_of_all_scenes_together() -> None:
    runs = [
        SceneRun((cry(10, 20), cry(60, 70, snr_db=-3.0)), ((12.0, 30.0),), 100.0, 1800.0),
        SceneRun((cry(10, 20),), ((100.0, 110.0),), 260.0, 1800.0),
    ]
    found = run_figures(runs)
    assert found["recall"] == pytest.approx(1 / 3, abs=1e-3)
    assert found["recall_snr_0_up"] == 0.5
    assert (found["false_episodes_per_hour"], found["latency_median_s"], found["gate_open"]) == (1.0, 2.0, 0.1)
