"""Runs of the benchmark of echo cancellation: its scenes in random order, in other processes, kept as they end."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.core.events import CryStarted
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from babycryd.echo.canceller import EchoCanceller
from babycryd.echo.speexdsp import SpeexFilter
from benchmarks.echo_scenes import CRIES_DBFS, Scene, scene
from training.data.manifest import Clip
from training.data.paths import LULLABIES

ECHO_DB: Final = (-10.0, 0.0, 10.0)
DRIFT_PPM: Final = (0.0, 30.0, 60.0)
ALONE_DB: Final = 10.0
_SEED: Final = 17  # of the random order


@dataclass(frozen=True, slots=True)
class Job:
    """A scene, and whether the echo is cancelled in it."""

    cry: str | None  # path of its clip
    cry_dbfs: float  # RMS at the microphone
    sound: str | None  # name of a shipped sound
    echo_db: float
    drift_ppm: float
    play_s: float
    seed: int
    cancel: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was heard in a scene."""

    after_s: float | None  # time from the cry's beginning to the episode's; None: not heard
    false_episodes: int  # before the cry
    cancel_ms_per_s: float  # CPU of the canceller; 0 without


Outcomes = Mapping[Job, Outcome]


def cry_jobs(cries: Sequence[Clip], sounds: Sequence[str], play_s: float) -> list[Job]:
    """Every scene with a cry: first those in quiet, then in random order those with a sound.

    Without cancellation there is one drift: it changes nothing.
    """
    quiet, loud = [], []
    for seed, cry in enumerate(cries):
        dbfs = CRIES_DBFS[seed % len(CRIES_DBFS)]
        quiet.append(Job(cry.path, dbfs, None, 0.0, 0.0, play_s, seed, cancel=False))
        for turn, sound in enumerate(sounds):
            for echo_db in ECHO_DB:
                loud.append(Job(cry.path, dbfs, sound, echo_db, 0.0, play_s, seed + turn, cancel=False))
                loud += [
                    Job(cry.path, dbfs, sound, echo_db, ppm, play_s, seed + turn, cancel=True) for ppm in DRIFT_PPM
                ]
    return quiet + [loud[index] for index in np.random.default_rng(_SEED).permutation(len(loud))]


def alone_jobs(sounds: Sequence[str], play_s: float) -> list[Job]:
    """Each sound alone, without cancellation and with it."""
    return [
        Job(None, CRIES_DBFS[0], sound, ALONE_DB, ppm, play_s, seed, cancel=cancel)
        for ppm, cancel in ((60.0, True), (0.0, True), (0.0, False))
        for seed, sound in enumerate(sounds)
    ]


def run(job: Job) -> Outcome:
    """Hear a scene through the daemon's pipeline."""
    sound = None if job.sound is None else LULLABIES / f"{job.sound}.ogg"
    made = scene(
        job.cry,
        sound,
        cry_dbfs=job.cry_dbfs,
        echo_db=job.echo_db,
        drift_ppm=job.drift_ppm,
        play_s=job.play_s,
        seed=job.seed,
    )
    canceller = _TimedCanceller(EchoCanceller(made.reference, SpeexFilter())) if job.cancel else None
    pipeline = Pipeline(DetectionSettings(), shipped_classifier(), shipped_second_opinion(), hop_filter=canceller)
    return _judged(made, pipeline, canceller)


class _TimedCanceller:
    """Canceller whose CPU time is measured."""

    def __init__(self, canceller: EchoCanceller) -> None:
        self._canceller = canceller
        self.cpu_s = 0.0

    def process(self, hop: Hop) -> Hop:
        began_s = time.process_time()
        clean = self._canceller.process(hop)
        self.cpu_s += time.process_time() - began_s
        return clean

    @property
    def working(self) -> bool:
        return self._canceller.working


def _judged(made: Scene, pipeline: Pipeline, canceller: _TimedCanceller | None) -> Outcome:
    started_s = [
        event.at_s
        for at in range(0, len(made.heard) - HOP + 1, HOP)
        for event in pipeline.push(made.heard[at : at + HOP], at / SAMPLE_RATE_HZ, 0.0)
        if isinstance(event, CryStarted)
    ]
    length_s = len(made.heard) / SAMPLE_RATE_HZ
    from_s, to_s = made.cry_s or (length_s, length_s)
    return Outcome(
        after_s=next((each - from_s for each in started_s if from_s <= each <= to_s), None),
        false_episodes=sum(each < from_s for each in started_s),
        cancel_ms_per_s=0.0 if canceller is None else 1000 * canceller.cpu_s / length_s,
    )


class Kept:
    """File of outcomes, one JSON object a line; a run that was stopped goes on from it."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.outcomes: dict[Job, Outcome] = {}
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                kept = json.loads(line)
                self.outcomes[Job(**kept["job"])] = Outcome(**kept["outcome"])

    def add(self, job: Job, outcome: Outcome) -> None:
        """Keep an outcome."""
        self.outcomes[job] = outcome
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps({"job": asdict(job), "outcome": asdict(outcome)}) + "\n")


def outcomes(wanted: Iterable[Job], kept: Kept, processes: int, what: str) -> Outcomes:
    """Return the outcome of each job; those that are not kept yet run in other processes, with a progress bar."""
    wanted = list(wanted)
    missing = [job for job in wanted if job not in kept.outcomes]
    with (
        ProcessPoolExecutor(processes) as pool,
        tqdm(total=len(wanted), initial=len(wanted) - len(missing), desc=what, unit="scene", disable=None) as bar,
    ):
        try:
            for job, outcome in zip(missing, pool.map(run, missing), strict=True):
                kept.add(job, outcome)
                bar.update()
        finally:  # a run that is stopped does not begin what is left
            pool.shutdown(cancel_futures=True)
    return {job: kept.outcomes[job] for job in wanted}
