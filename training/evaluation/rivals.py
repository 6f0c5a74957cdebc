"""Rivals: the shipped model and trained students on the clips and scenes of one val side, with intervals.

    python -m training.evaluation.rivals shipped wide-0 wide-0-families-weight0.1 --side val-0
    python -m training.evaluation.rivals shipped wide-0 --side val-0 --poor     scenes through poor microphones

A student is named by its folder in training/work/checkpoints, and is judged as the TFLite file that the daemon would
run. Gains are against the rival before it. Scores are kept in training/work/rivals, so that an interrupted run goes on.
"""

import argparse
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.detect.tflite import TfliteClassifier
from training.data.folds import SIDES
from training.data.manifest import CRY_LABELS
from training.data.paths import CHECKPOINTS, MODELS, WORK
from training.data.recordings import Samples, load_audio
from training.evaluation.detectors import Student, val_clips
from training.evaluation.metrics import Scores
from training.evaluation.operating_curve import OperatingCurve, curve_of
from training.evaluation.report import blamed_kind, clip_figures
from training.evaluation.scoring import ClipScore, VotedScene
from training.model.architectures import SHIPPED, TRUNKS
from training.model.network import build, to_tflite
from training.model.train import WEIGHTS_FILE
from training.synthesis.augment import quantise
from training.synthesis.poor_microphones import PoorMicrophone
from training.synthesis.scenes import Scene, load_scene, scene_paths, write_missing

SHIPPED_NAME: Final = "shipped"
PER_HOUR: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
BLAMED_AT: Final = 2.0  # false alarms an hour at which the kinds that raise them are listed
POOR_SEED: Final = 71
SCORES: Final = WORK / "rivals"


@dataclass(frozen=True, slots=True)
class Judged:
    """One rival with its scores."""

    name: str
    clips: list[ClipScore]
    scenes: list[VotedScene]
    curve: OperatingCurve


def content_of(name: str, architecture: str) -> bytes:
    """TFLite file of a rival; a student's is not calibrated."""
    if name == SHIPPED_NAME:
        return (MODELS / "cry.tflite").read_bytes()
    model = build(architecture)
    model.load_weights(CHECKPOINTS / name / WEIGHTS_FILE)
    return to_tflite(model, architecture)


def through_poor_microphone(index: int, samples: Samples) -> Samples:
    """A scene through the poor microphone of its number. It has no gate: over minutes one would shut cries out."""
    poor = replace(PoorMicrophone.draw(np.random.default_rng([POOR_SEED, index])), gate=None)
    return quantise(poor.sent(poor.captured(samples))[0])


def _kept(path: Path, keys: Sequence[str], score: Callable[[str], Scores], called: str) -> dict[str, Scores]:
    """Scores by key, kept in `path`; missing ones are computed."""
    known: dict[str, Scores] = {}
    if path.exists():
        with np.load(path) as stored:
            known = {key: stored[key] for key in stored.files}
    missing = [key for key in keys if key not in known]
    known |= {key: score(key) for key in tqdm(missing, desc=called, leave=False)}
    if missing:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **known)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
        partial.replace(path)
    return known


def judged(name: str, content: bytes, side: str, scenes: dict[str, Scene], *, poor: bool) -> Judged:
    """Score a rival on the clips and scenes of a side, the scenes through poor microphones if `poor`."""
    student, mark = Student(TfliteClassifier(content, name), 0.5), hashlib.sha256(content).hexdigest()[:12]
    clips = {clip.path: clip for clip in val_clips(side)}
    of_clips = _kept(
        SCORES / f"{mark}-{side}-clips.npz",
        list(clips),
        lambda path: np.array([student.voted(path, load_audio(path)).max()]),
        f"clips: {name}",
    )
    voted = _kept(
        SCORES / f"{mark}-{side}-scenes{'-poor' if poor else ''}.npz",
        list(scenes),
        lambda key: student.voted(
            key, through_poor_microphone(int(key), scenes[key].samples) if poor else scenes[key].samples
        ),
        f"scenes: {name}",
    )
    scored = [VotedScene.from_scene(scene, voted[key]) for key, scene in scenes.items()]
    found = [
        ClipScore(clip.group, clip.kind, clip.label in CRY_LABELS, float(of_clips[path][0]))
        for path, clip in clips.items()
    ]
    return Judged(name, found, scored, curve_of(scored))


def _cell(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.3f} ({interval[0]:.3f} to {interval[1]:.3f})"


def _rows(one: Judged, before: Judged | None) -> dict[str, str]:
    """Column of the table: title -> cell; `before` is the rival to its left."""
    figures = clip_figures(one.clips, 0.5)
    rows = {
        title: _cell(figures[name]["value"], (figures[name]["low"], figures[name]["high"]))
        for title, name in (("clips: AUC", "auc"), ("clips: recall where 1 % fire", "recall_at_1_percent"))
    }
    for per_hour in PER_HOUR:
        rows[f"recall at {per_hour:g}/h"] = _cell(one.curve.recall(per_hour), one.curve.recall_interval(per_hour))
    for per_hour in PER_HOUR[1:]:
        if before is None:
            rows[f"gain at {per_hour:g}/h"] = ""
            continue
        gain = one.curve.recall(per_hour) - before.curve.recall(per_hour)
        rows[f"gain at {per_hour:g}/h"] = _cell(gain, one.curve.gain_interval(before.curve, per_hour))
    rows[f"latency at {BLAMED_AT:g}/h: median, 95 %"] = _latency(one)
    return rows


def _threshold(one: Judged) -> float:
    return float(one.curve.thresholds[max(0, one.curve.point(BLAMED_AT))])


def _latency(one: Judged) -> str:
    found = [late for scene in one.scenes for late in scene.figures_at(_threshold(one)).latencies_s if late is not None]
    return f"{np.median(found):.2f} s, {np.percentile(found, 95):.1f} s" if found else ""


def blamed(one: Judged) -> Counter[str]:
    """Kinds that raise the false alarms at BLAMED_AT an hour."""
    return Counter(
        blamed_kind(scene, at_s) for scene in one.scenes for at_s in scene.figures_at(_threshold(one)).false_alarms_s
    )


def table(rivals: Sequence[Judged]) -> str:
    """Markdown table with one column a rival."""
    columns = [_rows(one, rivals[index - 1] if index else None) for index, one in enumerate(rivals)]
    lines = [f"| figure | {' | '.join(one.name for one in rivals)} |", "|---" * (len(rivals) + 1) + "|"]
    return "\n".join([*lines, *(f"| {title} | {' | '.join(one[title] for one in columns)} |" for title in columns[0])])


def main() -> None:
    """Print the table and the kinds that raise false alarms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", help=f"{SHIPPED_NAME!r}, or folders in training/work/checkpoints")
    parser.add_argument("--side", choices=SIDES, default="val-0", help="val side to judge them on")
    parser.add_argument("--architecture", choices=list(TRUNKS), default=SHIPPED, help="of the students")
    parser.add_argument("--hours", type=float, default=8.0, help="length of the scenes that are written")
    parser.add_argument("--poor", action="store_true", help="put the scenes through poor microphones")
    options = parser.parse_args()
    write_missing(options.side, options.hours)
    scenes = {path.stem: load_scene(path) for path in scene_paths(options.side)}
    rivals = [
        judged(name, content_of(name, options.architecture), options.side, scenes, poor=options.poor)
        for name in options.names
    ]
    cries = sum(len(scene.cries) for scene in scenes.values())
    print(f"{options.side}: {len(scenes)} scenes, {cries} cries{', poor microphones' if options.poor else ''}\n")
    print(table(rivals))
    for one in rivals:
        print(f"{one.name}: false alarms at {BLAMED_AT:g}/h: {dict(blamed(one).most_common())}")


if __name__ == "__main__":
    main()
