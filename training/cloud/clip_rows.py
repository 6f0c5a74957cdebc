"""Rows of one clip: its features with their augmentations, and the scores and alarms of a model. Pure.

Features, model and pipeline are those of the daemon (`babycryd.detect`), so a row is the same wherever it is computed.
"""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soundfile
from numpy.typing import NDArray

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.core.events import CryStarted
from babycryd.detect.features import ContextStream
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier
from training.cloud.collection import Entry
from training.cloud.rows import distribution, home_hash
from training.cloud.schema import Row
from training.cloud.storage import CloudError
from training.data.manifest import BED_LABEL, CRY_LABELS
from training.data.recordings import GATED_DATASETS, Samples, ungated
from training.data.reviews import reviews
from training.model.streaming import score_hops
from training.synthesis.augment import Microphone, change_speed


def decoded(content: bytes, entry: Entry) -> Samples:
    """Samples of a clip, as `recordings.load_audio` has them. Raises CloudError for another content or no sound."""
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise CloudError(f"{entry.path}: the content is not that of the index: upload the collection again")
    try:
        samples, rate_hz = soundfile.read(io.BytesIO(content), dtype="float32")
    except soundfile.SoundFileError as broken:
        raise CloudError(f"{entry.path}: no sound can be read ({broken})") from broken
    if rate_hz != SAMPLE_RATE_HZ or samples.ndim != 1:
        raise CloudError(f"{entry.path}: expected 16 kHz mono, found {rate_hz} Hz with shape {samples.shape}")
    clean = np.asarray(np.nan_to_num(samples), np.float32)
    return ungated(entry.path, clean) if entry.path.partition("/")[0] in GATED_DATASETS else clean


def augmented(entry: Entry, samples: Samples, copy: int) -> Samples:
    """The clip itself as copy 0, else at another speed through another microphone, the same each time."""
    if copy == 0:
        return samples
    rng = np.random.default_rng([int(entry.sha256[:8], 16), copy])
    return Microphone.draw(rng).record(change_speed(samples, rng.uniform(0.9, 1.1)))


def frames_of(samples: Samples) -> NDArray[np.float32]:
    """What the classifier takes of all whole hops, as on the Pi: (n, HOP_FRAMES, N_MELS)."""
    stream = ContextStream()
    hops = samples[: len(samples) // HOP * HOP].reshape(-1, HOP)
    return np.array([frames for hop in hops for frames in stream.push(hop)], np.float32)


def feature_rows(entry: Entry, samples: Samples, copies: int) -> Iterator[Row]:
    """Row of the clip and of each augmented copy; `frames` are float32, (hops, HOP_FRAMES, N_MELS), row-major."""
    for copy in range(copies + 1):
        frames = frames_of(augmented(entry, samples, copy))
        about = {"path": entry.path, "copy": copy, "label": entry.label, "split": entry.split, "kind": entry.kind}
        yield about | {"hops": len(frames), "frames": frames.tobytes()}


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a corpus is scored anew."""

    model: bytes  # TFLite file
    threshold: float  # of the vote
    day: str  # ISO date of the run, for the column `night`

    def classifier(self) -> TfliteClassifier:
        """A new interpreter of the model. Raises ModelError."""
        return TfliteClassifier(self.model, "the model to score with")


def score_row(entry: Entry, samples: Samples, classifier: TfliteClassifier, scoring: Scoring) -> Row:
    """Row of `score_summaries`, with the `track` of scores (one a hop) and `alarms_at_s`, seconds of each alarm."""
    track = [float(one.score) for one in score_hops(classifier, samples)]
    alarms_at_s = _alarms(samples, classifier, scoring.threshold)
    return {
        "summary": hashlib.sha256(f"{classifier.sha256}/{entry.path}/{entry.sha256}".encode()).hexdigest()[:32],
        "device": home_hash(entry.group) if entry.split == "home" else None,
        "model_sha256": classifier.sha256,
        "source": "recording",
        "kind": entry.kind,
        "recording": home_hash(entry.path) if entry.split == "home" else entry.path,
        "night": scoring.day,
        "duration_s": len(samples) / SAMPLE_RATE_HZ,
        **distribution(track),
        "is_cry": _is_cry(entry.label),
        "alarms": len(alarms_at_s),
        "latency_s": _latency_s(entry.path, alarms_at_s),
        "track": track,
        "alarms_at_s": alarms_at_s,
    }


def _alarms(samples: Samples, classifier: TfliteClassifier, threshold: float) -> list[float]:
    """Seconds at which the daemon's pipeline, with gate and vote but without the second opinion, begins an episode."""
    classifier.reset()
    pipeline = Pipeline(DetectionSettings(threshold=threshold, second_opinion=False), classifier)
    events = [*pipeline.push(samples, 0.0, 0.0), *pipeline.flush()]
    return [event.at_s for event in events if isinstance(event, CryStarted)]


def _is_cry(label: str) -> bool | None:
    if label in CRY_LABELS:
        return True
    return False if label in {"neg", BED_LABEL} else None


def _latency_s(path: str, alarms_at_s: list[float]) -> float | None:
    """Seconds from the first reviewed span of crying to the first alarm from then on."""
    review = reviews().get(path)
    if review is None or not review.spans_s:
        return None
    began_s = review.spans_s[0][0]
    return next((at_s - began_s for at_s in alarms_at_s if at_s >= began_s), None)
