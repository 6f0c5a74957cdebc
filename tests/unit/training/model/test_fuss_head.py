import numpy as np

from training.model.fuss_head import Examples, fit


def test_a_line_between_two_clouds_tells_them_apart() -> None:
    rng = np.random.default_rng(2)
    fussing = rng.normal(1.0, 1.0, (300, 4)).astype(np.float32)
    others = rng.normal(-1.0, 1.0, (9000, 4)).astype(np.float32)
    weights = fit([Examples("a", fussing, np.ones(300, bool)), Examples("", others, np.zeros(9000, bool))])
    assert weights.shape == (5,)
    assert np.mean(fussing @ weights[:-1] + weights[-1] > 0) > 0.9
    assert np.mean(others @ weights[:-1] + weights[-1] > 0) < 0.1


def test_a_number_that_never_changes_has_no_weight_and_harms_nothing() -> None:
    inputs = np.stack([np.linspace(-1, 1, 50), np.full(50, 3.0)], axis=1).astype(np.float32)
    weights = fit([Examples("a", inputs, inputs[:, 0] > 0)])
    assert np.isfinite(weights).all()
    assert abs(weights[1]) < 1e-6
