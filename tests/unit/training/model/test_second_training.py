"""Fine-tuning of mn04, a few steps of it: it continues where it stopped, and its weights become a small file."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.model.mn04_network import MN04
from training.model.second_windows import HOPS, Windows
from training.release.second_opinion import MAX_BYTES

for needed in ("tensorflow", "onnx"):
    pytest.importorskip(needed, reason="fine-tuning mn04 needs the training extra")
if not MN04.exists():
    pytest.skip("the shared models are not here (BABYCRYD_SHARED)", allow_module_level=True)

# Keras reads TensorFlow's variables by an interface that NumPy 2 calls old
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SUSPECTED = 8


def windows() -> Windows:
    """Cries with a tone, other sounds without one."""
    rng = np.random.default_rng(3)
    energies = rng.normal(-8, 1, (SUSPECTED, 384, 105)).astype(np.float16)
    energies[: SUSPECTED // 2, :, 40:44] += np.float16(6)
    ones = np.ones(SUSPECTED, np.float32)
    targets = np.repeat(np.array([1, 0], np.float32), SUSPECTED // 2)
    return Windows(energies, np.full((SUSPECTED, HOPS), 0.1, np.float32), targets, ones, 0.5 * ones)


def test_it_continues_where_it_stopped_and_gives_a_file_for_the_device(tmp_path: Path) -> None:
    from training.model.second_training import BEST, train
    from training.release.second_opinion import converted

    heard, stopped, straight = windows(), tmp_path / "stopped", tmp_path / "straight"
    for folder, until in ((stopped, 2), (stopped, 4), (straight, 4)):
        train(heard, heard, folder, steps=300, until=until, evaluated=2)
    history = [json.loads(line) for line in (stopped / "history.jsonl").read_text("utf-8").splitlines()]
    assert [one["step"] for one in history] == [2, 4]
    with np.load(stopped / "state.npz") as one, np.load(straight / "state.npz") as other:
        assert one["step"] == 4
        for name in one.files:  # whether it was stopped or not: the same draws
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert len(converted(stopped / BEST)) < MAX_BYTES


def test_a_file_is_the_same_whatever_was_made_before_it_in_the_process() -> None:
    from training.release.second_opinion import converted

    first = converted(None)
    assert converted(None) == first
