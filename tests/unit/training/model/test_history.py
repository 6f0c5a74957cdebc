"""History of a training: what cry.json later says of how the weights came about."""

from dataclasses import replace
from pathlib import Path

import pytest

from training.model.training_runs import TrainingRun, load_history, record_run

FIRST = TrainingRun(0, 500, batch=32, threads=1, shards=110)
MORE = replace(FIRST, begin=500, end=1000, shards=160)


@pytest.mark.parametrize("ends", [(1000,), (1000, 1500, 2000)])
def test_an_interrupted_run_that_goes_on_stays_one_run_however_often_it_saves(
    tmp_path: Path, ends: tuple[int, ...]
) -> None:
    record_run(tmp_path, FIRST)
    for end in ends:
        record_run(tmp_path, replace(FIRST, begin=500, end=end))
    assert load_history(tmp_path) == [replace(FIRST, end=ends[-1])]


def test_a_run_with_other_settings_is_another_run(tmp_path: Path) -> None:
    record_run(tmp_path, FIRST)
    record_run(tmp_path, MORE)
    record_run(tmp_path, replace(MORE, end=1500))
    assert load_history(tmp_path) == [FIRST, replace(MORE, end=1500)]


def test_steps_after_the_checkpoint_that_a_run_goes_on_from_do_not_count(tmp_path: Path) -> None:
    record_run(tmp_path, replace(FIRST, end=1000))
    record_run(tmp_path, MORE)
    assert load_history(tmp_path) == [FIRST, MORE]
