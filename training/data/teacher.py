"""Teachers: YAMNet's scores along each clean, level-normalised cry clip, from which soft labels are made, and mn04's.

    python -m training.data.teacher                    YAMNet's, into training/work/teacher.npz (about two minutes)
    python -m training.data.teacher --teacher mn04     mn04's along every clip, into training/work/mn04 (10 minutes)

YAMNet (Apache-2.0, Google) is read from shared/models and does not ship. Its window is as long as the daemon's.
mn04 is described in `training.data.mn04`; labels of families are made from it (`training.data.family_labels`).
"""

import argparse
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import FRAME_HOP, HOP_FRAMES, SAMPLE_RATE_HZ
from babycryd.detect.features import WINDOW_SAMPLES
from training.data import mn04
from training.data.levels import at_teacher_level
from training.data.manifest import RIR_LABEL, Clip, load_manifest
from training.data.paths import SHARED, TEACHER_CURVES
from training.data.recordings import Samples, load_audio

CRY_CLASSES = (19, 20)  # "Crying, sobbing" and "Baby cry, infant cry" among AudioSet's 521
CURVE_HOP = HOP_FRAMES * FRAME_HOP // 2  # samples between scores of a curve: 0.12 s
KEEP_EVERY = 100  # clips after which the curves are written
LEAD = 7 * CURVE_HOP  # samples of silence around a clip, so that its onset has a score too

Curve = NDArray[np.float32]  # (k,) score of the window that starts k * CURVE_HOP - LEAD samples into the clip


@lru_cache
def yamnet() -> Callable[[Samples], float]:
    """YAMNet as a function: (15600,) samples -> the higher of its two cry scores, 0..1."""
    from ai_edge_litert.interpreter import Interpreter  # heavy, and only the teacher needs it

    interpreter = Interpreter(model_path=str(SHARED / "models" / "yamnet.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    input_index = interpreter.get_input_details()[0]["index"]
    output_index = interpreter.get_output_details()[0]["index"]

    def score(window: Samples) -> float:
        interpreter.set_tensor(input_index, window.astype(np.float32))
        interpreter.invoke()
        return float(interpreter.get_tensor(output_index)[0, CRY_CLASSES].max())

    return score


def scores_along(samples: Samples, hop: int) -> Curve:
    """Teacher scores of all complete windows, `hop` samples apart."""
    starts = range(0, len(samples) - WINDOW_SAMPLES + 1, hop)
    score = yamnet()
    return np.array([score(samples[start : start + WINDOW_SAMPLES]) for start in starts], np.float32)


def curve_of(samples: Samples) -> Curve:
    """Curve of one clip, scaled to a peak of -3 dBFS and surrounded by silence."""
    return scores_along(np.pad(at_teacher_level(samples), LEAD + CURVE_HOP), CURVE_HOP)[1:]


def curve_at(curve: Curve, starts: NDArray[np.floating]) -> NDArray[np.float64]:
    """Curve interpolated at windows that start `starts` samples into the clip; 0 outside of the curve."""
    return np.asarray(np.interp(starts, np.arange(len(curve)) * CURVE_HOP - LEAD, curve, left=0.0, right=0.0))


def window_starts_s(count: int) -> NDArray[np.float64]:
    """Starts of the windows of a curve with `count` points, in seconds; LEAD is not subtracted."""
    return np.arange(count, dtype=np.float64) * CURVE_HOP / SAMPLE_RATE_HZ


@lru_cache
def load_curves(path: Path = TEACHER_CURVES) -> dict[str, Curve]:
    """Curves by clip path. Raises FileNotFoundError until `python -m training.data.teacher` has run."""
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def clips_to_score() -> list[Clip]:
    """Every clip that may hold a cry. Labels need no other curves."""
    return [clip for clip in load_manifest() if clip.may_hold_cry]


def clips_to_hear() -> list[Clip]:
    """Every clip of a cry, a distractor or a bed: what mn04 hears, so that families of sounds can be learnt from it."""
    return [clip for clip in load_manifest() if clip.label not in {RIR_LABEL, "ambiguous"}]


def main() -> None:
    """Score the clips of the chosen teacher that have no scores yet, and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", choices=["yamnet", "mn04"], default="yamnet", help="the teacher to score with")
    if parser.parse_args().teacher == "mn04":
        for clip in tqdm(clips_to_hear(), desc="mn04", unit="clip"):
            mn04.hear_clip(clip.path)
        return
    score_missing([clip.path for clip in clips_to_score()], TEACHER_CURVES)


def score_missing(paths: Sequence[str], file: Path) -> None:
    """Add YAMNet's curves of the clips that `file` does not hold yet; they are kept every KEEP_EVERY clips."""
    curves: dict[str, Any] = dict(np.load(file)) if file.exists() else {}
    missing = [path for path in paths if path not in curves]
    file.parent.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(tqdm(missing, desc="teacher", unit="clip"), start=1):
        curves[path] = curve_of(load_audio(path))
        if number % KEEP_EVERY == 0 or number == len(missing):
            unfinished = file.with_suffix(".partial.npz")
            np.savez(unfinished, **curves)
            unfinished.replace(file)


if __name__ == "__main__":
    main()
