"""Scene runs: val scenes through the daemon's whole pipeline (gate, classifier, vote, adaptive threshold, episodes)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from babycryd.audio.format import HOP_S
from babycryd.core.events import CryEnded, CryStarted, WindowScored
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier
from babycryd.detect.verifier import Mark
from training.evaluation.metrics import LINGER_S
from training.synthesis.scenes import CryEvent, Scene, load_scene, scene_paths


@dataclass(frozen=True, slots=True)
class SceneRun:
    """Result of the daemon's pipeline on one scene."""

    cries: tuple[CryEvent, ...]
    episodes: tuple[tuple[float, float], ...]  # begin and end, seconds
    gate_open_s: float  # time in which the gate was open
    duration_s: float


def run_scene(
    scene: Scene,
    classifier: TfliteClassifier,
    settings: DetectionSettings,
    marks: Sequence[Mark] = (),
    second: SecondOpinion | None = None,
) -> SceneRun:
    """Run one scene through a new pipeline that knows the owner's `marks`."""
    pipeline = Pipeline(settings, classifier, second)
    pipeline.learn(marks)
    duration_s = len(scene.samples) / 16000
    events = [*pipeline.push(scene.samples, 0.0, 0.0), *pipeline.finish("stopped")]
    begun = [event.at_s for event in events if isinstance(event, CryStarted)]
    ended = [event.at_s for event in events if isinstance(event, CryEnded)]
    gate_open_s = HOP_S * sum(isinstance(event, WindowScored) for event in events)
    return SceneRun(scene.cries, tuple(zip(begun, ended, strict=True)), gate_open_s, duration_s)


def latency_s(cry: CryEvent, episodes: Sequence[tuple[float, float]]) -> float | None:
    """Time from the onset to the first episode during the cry; 0 if one was running already; None without one."""
    during = [begin for begin, end in episodes if begin <= cry.offset_s + LINGER_S and end >= cry.onset_s]
    return max(0.0, min(during) - cry.onset_s) if during else None


def is_false_episode(begin_s: float, cries: Sequence[CryEvent]) -> bool:
    """Whether an episode that begins at `begin_s` belongs to no cry."""
    return not any(cry.onset_s <= begin_s <= cry.offset_s + LINGER_S for cry in cries)


def run_figures(runs: Sequence[SceneRun]) -> dict[str, float]:
    """Recall, false episodes an hour, latency of the cries found, and the share of time in which the gate was open."""
    cries = [(cry, latency_s(cry, run.episodes)) for run in runs for cry in run.cries]
    found = [latency for _, latency in cries if latency is not None]
    audible = [latency is not None for cry, latency in cries if cry.snr_db >= 0]
    false = sum(is_false_episode(begin, run.cries) for run in runs for begin, _ in run.episodes)
    hours = sum(run.duration_s for run in runs) / 3600
    return {
        "recall": round(len(found) / len(cries), 4),
        "recall_snr_0_up": round(float(np.mean(audible)), 4),
        "false_episodes_per_hour": round(false / hours, 3),
        "latency_median_s": round(float(np.median(found)), 2),
        "latency_p95_s": round(float(np.percentile(found, 95)), 2),
        "gate_open": round(sum(run.gate_open_s for run in runs) / hours / 3600, 3),
    }


def daemon_figures(
    classifier: TfliteClassifier,
    threshold: float,
    marks: Sequence[Mark] = (),
    second: SecondOpinion | None = None,
    side: str = "val",
    hours: float | None = None,
) -> dict[str, float]:
    """Figures of the scenes of a val side, or of so many hours, with the default settings and this threshold."""
    settings = DetectionSettings(threshold=threshold)
    paths = tqdm(scene_paths(side, hours), desc="scene runs", unit="scene", leave=False)
    return run_figures([run_scene(load_scene(path), classifier, settings, marks, second) for path in paths])
