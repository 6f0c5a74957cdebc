"""Does babycryd hear a cry through its own music? With and without echo cancellation.

    python -m benchmarks.echo                 about 25 minutes on two cores
    python -m benchmarks.echo --quick         one cry and one sound, for a test

The clearest cry of each baby of `val`, each shipped sound, an echo of -10, 0 and +10 dB against the cry, and a drift of
0, 30 and 60 ppm between the clocks of speaker and microphone; the babies stand in turns in two rooms. A cry counts as
heard where an episode begins while it sounds or three seconds later. Then an hour of each sound alone, ten decibels
louder than a cry: no episode may begin. Needs the recordings of $BABYCRYD_SHARED and `libspeexdsp1`.
"""

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
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
from benchmarks.echo_scenes import Scene, clearest_cries, scene, sounds
from training.data.manifest import Clip

ECHO_DB: Final = (-10.0, 0.0, 10.0)
DRIFT_PPM: Final = (0.0, 30.0, 60.0)
ALONE_DB: Final = 10.0
PLAY_S: Final = 25.0  # of the sound before the cry


@dataclass(frozen=True, slots=True)
class Job:
    """A scene and whether the echo is cancelled in it."""

    cry: Clip | None
    sound: Path | None
    echo_db: float
    drift_ppm: float
    play_s: float
    seed: int
    cancel: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was heard in a scene."""

    heard: bool  # the cry
    false_episodes: int  # before the cry
    cancel_ms_per_s: float  # CPU of the canceller; 0 without


def run(job: Job) -> Outcome:
    """Hear a scene through the daemon's pipeline."""
    made = scene(job.cry, job.sound, echo_db=job.echo_db, drift_ppm=job.drift_ppm, play_s=job.play_s, seed=job.seed)
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
        heard=any(from_s <= each <= to_s for each in started_s),
        false_episodes=sum(each < from_s for each in started_s),
        cancel_ms_per_s=0.0 if canceller is None else 1000 * canceller.cpu_s / length_s,
    )


def jobs(cries: Sequence[Clip], places: Sequence[Path], play_s: float) -> list[Job]:
    """Every scene with a cry: quiet, without cancellation (one drift: it changes nothing), and with it."""
    made = []
    for seed, cry in enumerate(cries):
        made.append(Job(cry, None, 0.0, 0.0, play_s, seed, cancel=False))
        for turn, sound in enumerate(places):
            for echo_db in ECHO_DB:
                made.append(Job(cry, sound, echo_db, 0.0, play_s, seed + turn, cancel=False))
                made += [Job(cry, sound, echo_db, ppm, play_s, seed + turn, cancel=True) for ppm in DRIFT_PPM]
    return made


def all_outcomes(wanted: Sequence[Job], processes: int, what: str) -> list[Outcome]:
    """Run the jobs in other processes, with a progress bar."""
    with ProcessPoolExecutor(processes) as pool:
        return list(tqdm(pool.map(run, wanted), total=len(wanted), desc=what, unit="scene", disable=None))


def recall(pairs: Sequence[tuple[Job, Outcome]]) -> float:
    """Share of the cries that were heard, 0..1."""
    return float(np.mean([outcome.heard for _, outcome in pairs])) if pairs else float("nan")


def print_cries(pairs: Sequence[tuple[Job, Outcome]], places: Sequence[Path]) -> None:
    """Print the recall by echo and drift, of all sounds and of each."""
    clean = recall([each for each in pairs if each[0].sound is None])
    print(f"recall in quiet: {clean:.3f} of {sum(job.sound is None for job, _ in pairs)} cries")
    print(f"| echo | without | {' | '.join(f'{ppm:g} ppm' for ppm in DRIFT_PPM)} | false, without | with |")
    print("|---|---|" + "---|" * (len(DRIFT_PPM) + 2))
    for sound in (None, *places):
        of_sound = [each for each in pairs if each[0].sound is not None and sound in (None, each[0].sound)]
        for echo_db in ECHO_DB:
            row = [each for each in of_sound if each[0].echo_db == echo_db]
            plain = [each for each in row if not each[0].cancel]
            clear = [each for each in row if each[0].cancel]
            shares = [recall(plain), *(recall([e for e in clear if e[0].drift_ppm == ppm]) for ppm in DRIFT_PPM)]
            cells = [f"{share:.3f} ({share / clean:.0%})" for share in shares]
            cells += [f"{np.mean([outcome.false_episodes for _, outcome in each]):.3f}" for each in (plain, clear)]
            name = "all" if sound is None else sound.stem
            print(f"| {name}, {echo_db:+g} dB | {' | '.join(cells)} |")
    spent = [outcome.cancel_ms_per_s for job, outcome in pairs if job.cancel]
    print(f"CPU of the canceller: median {np.median(spent):.1f} ms a second, 95 % {np.percentile(spent, 95):.1f}")


def print_alone(places: Sequence[Path], processes: int, play_s: float) -> None:
    """Print how many episodes begin while each sound plays alone, without and with cancellation."""
    wanted = [
        Job(None, sound, ALONE_DB, ppm, play_s, seed, cancel=cancel)
        for seed, sound in enumerate(places)
        for ppm, cancel in ((0.0, False), (0.0, True), (60.0, True))
    ]
    found = all_outcomes(wanted, processes, "alone")
    print(f"| {play_s / 60:g} min of | without | with, 0 ppm | with, 60 ppm |\n|---|---|---|---|")
    for index, sound in enumerate(places):
        print(f"| {sound.stem} | {' | '.join(str(each.false_episodes) for each in found[3 * index : 3 * index + 3])} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cries", type=int, default=48)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--play-s", type=float, default=PLAY_S, help="of the sound before the cry")
    parser.add_argument("--alone-s", type=float, default=3600.0, help="of each sound without a cry; 0: none")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    cries, places = clearest_cries(1 if arguments.quick else arguments.cries), sounds()
    if arguments.quick:
        places, arguments.alone_s = places[:1], 0.0
    wanted = jobs(cries, places, arguments.play_s)
    print_cries(list(zip(wanted, all_outcomes(wanted, arguments.processes, "cries"), strict=True)), places)
    if arguments.alone_s:
        print_alone(places, arguments.processes, arguments.alone_s)


if __name__ == "__main__":
    main()
