"""mn04 hears every started hop of a clip, once, and the cries among them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from training.data import mn04
from training.data.paths import SHARED

needs_network = pytest.mark.skipif(
    not (SHARED / "models" / "mn04_as.onnx").exists(), reason="the shared models are not here (BABYCRYD_SHARED)"
)
Floats = NDArray[np.float32]


def tone(hz: float, seconds: float = 1.0) -> Floats:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ)).astype(np.float32)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Shapes of what the network was given; it hears nothing but its input's mean."""
    seen: list[tuple[int, ...]] = []

    def run(mel: Floats) -> tuple[Floats, Floats]:
        seen.append(mel.shape)
        mean = mel.mean(axis=(1, 2, 3))[:, None]
        return np.tile(mean, (1, mn04.CLASSES)), np.tile(mean, (1, mn04.EMBEDDING))

    def network() -> Callable[[Floats], tuple[Floats, Floats]]:
        return run

    monkeypatch.setattr(mn04, "_network", network)
    return seen


@pytest.mark.parametrize("hz", [300.0, 1000.0, 4000.0])
def test_a_tone_is_loudest_in_the_band_of_its_pitch(hz: float) -> None:
    mel = mn04.log_mel(tone(hz))
    assert mel.shape == (mn04.MELS, 100)
    centres = 700 * np.expm1(np.linspace(0, np.log1p(mn04.HIGH_HZ / 700), mn04.MELS + 2)[1:-1])
    assert abs(int(mel[:, 50].argmax()) - int(np.abs(centres - hz).argmin())) <= 1


def test_silence_has_the_lowest_value_everywhere() -> None:
    assert mn04.log_mel(np.zeros(16_000, np.float32)) == pytest.approx((np.log(1e-5) + 4.5) / 5, abs=1e-4)


@pytest.mark.parametrize("samples", [1, HOP, HOP + 1, 20 * HOP])
def test_there_is_a_row_for_every_started_hop(sizes: list[tuple[int, ...]], samples: int) -> None:
    heard = mn04.heard_along(tone(500, 5.0)[:samples])
    rows = -(-samples // HOP)
    assert heard.scores.shape == (rows, mn04.CLASSES)
    assert heard.embeddings.shape == (rows, mn04.EMBEDDING)
    assert {shape[1:] for shape in sizes} == {(1, mn04.MELS, mn04.WINDOW_FRAMES)}
    assert max(shape[0] for shape in sizes) <= mn04.BATCH


def test_a_row_does_not_hear_what_sounds_after_it(sizes: list[tuple[int, ...]]) -> None:
    sound = tone(500, 4.0)
    later = sound.copy()
    later[10 * HOP + 1000 :] = 0
    assert mn04.heard_along(later).scores[:10] == pytest.approx(mn04.heard_along(sound).scores[:10], abs=1e-5)


def test_a_clip_is_heard_once_and_read_back(
    sizes: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mn04, "MN04_HEARD", tmp_path)
    monkeypatch.setattr(mn04, "load_audio", lambda _: tone(500))
    mn04.hear_clip("set/a.flac")
    once = len(sizes)
    mn04.hear_clip("set/a.flac")
    assert len(sizes) == once
    assert mn04.load_heard("set/a.flac").cry.shape == (5,)
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["a.flac.npz"]


@needs_network
def test_the_network_hears_no_cry_in_a_tone() -> None:
    pytest.importorskip("onnxruntime", reason="mn04 needs the training extra")
    heard = mn04.heard_along(tone(1000))
    assert np.all((heard.scores >= 0) & (heard.scores <= 1))
    assert heard.cry.max() < 0.2
