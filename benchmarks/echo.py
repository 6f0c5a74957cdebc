"""Does babycryd hear a cry through its own music? With and without echo cancellation.

    python -m benchmarks.echo                                  all 19,684 scenes: about three hours on one core
    python -m benchmarks.echo --scenes 6000 --keep echo.jsonl  a random part; a run that was stopped goes on
    python -m benchmarks.echo --echo-db 10 --keep echo.jsonl   one echo only; the tables hold all that is kept
    python -m benchmarks.echo --quick                          one cry and one sound, for a test

All cries of `val`, clear and faint ones, at three levels; each shipped sound; an echo of -10, 0 and +10 dB against the
cry; a drift of 0, 30 and 60 ppm between the clocks of speaker and microphone; the speaker stands in turns in two rooms.
A cry counts as heard where an episode begins while it sounds or three seconds later. Then an hour of each sound alone,
ten decibels louder than the loudest cry: no episode may begin. Needs the recordings of $BABYCRYD_SHARED and
`libspeexdsp1`.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.echo_runs import DRIFT_PPM, ECHO_DB, Job, Kept, Outcomes, alone_jobs, cry_jobs, outcomes
from benchmarks.echo_scenes import CRIES_DBFS, sound_names, val_cries
from training.data.manifest import clips_by_path

PLAY_S: Final = 25.0  # of the sound before the cry
_RESAMPLES: Final = 1000
Quiet = Mapping[str | None, bool]  # whether each cry is heard in quiet, by its clip


def print_recalls(found: Outcomes, sounds: Sequence[str]) -> None:
    """Print the recall by echo and drift, then by the level of the cry and by the sound."""
    quiet = {job.cry: outcome.after_s is not None for job, outcome in found.items() if job.sound is None}
    print(f"recall in quiet: {np.mean(list(quiet.values())):.3f} of {len(quiet)} cries")
    print(f"\n| % of the recall in quiet | without | {' | '.join(f'with, {ppm:g} ppm' for ppm in DRIFT_PPM)} |")
    print("|---|" + "---|" * (1 + len(DRIFT_PPM)))
    loud = [job for job in found if job.sound]
    for echo_db in ECHO_DB:
        row = [job for job in loud if job.echo_db == echo_db]
        cells = [[job for job in row if not job.cancel]]
        cells += [[job for job in row if job.cancel and job.drift_ppm == ppm] for ppm in DRIFT_PPM]
        print(f"| {echo_db:+g} dB | {' | '.join(share_text(cell, found, quiet) for cell in cells)} |")
    print("\n| echo of 0 and +10 dB | without | with |\n|---|---|---|")
    rows = {f"cry at {dbfs:g} dBFS": [job for job in loud if job.cry_dbfs == dbfs] for dbfs in CRIES_DBFS}
    rows |= {sound: [job for job in loud if job.sound == sound] for sound in sounds}
    for name, row in rows.items():
        cells = [[job for job in row if job.echo_db >= 0 and job.cancel is on] for on in (False, True)]
        print(f"| {name} | {' | '.join(share_text(cell, found, quiet) for cell in cells)} |")


def share_text(jobs: Sequence[Job], found: Outcomes, quiet: Quiet) -> str:
    """Return heard cries by those heard in quiet, in percent, as "96 (94 to 98) of 512": whole babies are resampled."""
    by_baby: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for job in jobs:
        by_baby[clips_by_path()[job.cry or ""].group].append((found[job].after_s is not None, quiet[job.cry]))
    sums = np.array([np.sum(pairs, axis=0) for pairs in by_baby.values()], float)  # (babies, 2)
    if not len(sums) or not sums[:, 1].any():
        return "-"
    draws = np.random.default_rng(0).integers(len(sums), size=(_RESAMPLES, len(sums)))
    drawn = sums[draws].sum(axis=1)
    low, high = np.percentile(100 * drawn[:, 0] / np.maximum(drawn[:, 1], 1), (2.5, 97.5))
    heard, in_quiet = sums.sum(axis=0)
    return f"{100 * heard / in_quiet:.0f} ({low:.0f} to {high:.0f}) of {in_quiet:.0f}"


def print_rest(found: Outcomes) -> None:
    """Print false episodes before the cry, latency and CPU."""
    plain, clear = ([each for job, each in found.items() if job.sound and job.cancel is on] for on in (False, True))
    for name, some in (("without", plain), ("with", clear)):
        print(
            f"false episodes before the cry, {name}: {sum(each.false_episodes for each in some)} in {len(some)} scenes"
        )
    at_rest_s = {job.cry: outcome.after_s for job, outcome in found.items() if job.sound is None}
    for name, on in (("without", False), ("with", True)):
        later_s = [
            outcome.after_s - rest_s
            for job, outcome in found.items()
            if job.sound and job.cancel is on
            if outcome.after_s is not None and (rest_s := at_rest_s[job.cry]) is not None
        ]
        if later_s:
            print(f"later than in quiet, {name}: median {np.median(later_s):+.2f} s, mean {np.mean(later_s):+.2f} s")
    spent = [each.cancel_ms_per_s for each in clear]
    if spent:
        print(f"CPU of the canceller: median {np.median(spent):.1f} ms a second, 95 % {np.percentile(spent, 95):.1f}")


def print_alone(found: Outcomes, sounds: Sequence[str], play_s: float) -> None:
    """Print how many episodes begin while each sound plays alone."""
    print(f"\n| {play_s / 60:g} min of | without | with, 0 ppm | with, 60 ppm |\n|---|---|---|---|")
    for sound in sounds:
        cells = []
        for cancel, ppm in ((False, 0.0), (True, 0.0), (True, 60.0)):
            same = [
                each for job, each in found.items() if (job.sound, job.cancel, job.drift_ppm) == (sound, cancel, ppm)
            ]
            cells.append(str(same[0].false_episodes) if same else "-")
        print(f"| {sound} | {' | '.join(cells)} |")


def main() -> None:
    """Run the scenes and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, help="with a sound, the first so many of the random order; default: all")
    parser.add_argument("--echo-db", type=float, choices=ECHO_DB, help="run scenes of this echo only")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--play-s", type=float, default=PLAY_S, help="of the sound before the cry")
    parser.add_argument("--alone-s", type=float, default=3600.0, help="of each sound without a cry; 0: none")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keeps the outcomes; continues what is in there")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    cries, sounds, kept = val_cries(), sound_names(), Kept(arguments.keep)
    if arguments.quick:
        cries, sounds, arguments.alone_s = cries[:1], sounds[:1], 0.0
    every = cry_jobs(cries, sounds, arguments.play_s)
    wanted = [job for job in every if job.sound is None or arguments.echo_db in (None, job.echo_db)]
    if arguments.scenes is not None:
        wanted = wanted[: len(cries) + arguments.scenes]
    outcomes(wanted, kept, arguments.processes, "cries")
    found = {job: kept.outcomes[job] for job in every if job in kept.outcomes}
    print_recalls(found, sounds)
    print_rest(found)
    if arguments.alone_s:
        alone = outcomes(alone_jobs(sounds, arguments.alone_s), kept, arguments.processes, "alone")
        print_alone(alone, sounds, arguments.alone_s)


if __name__ == "__main__":
    main()
