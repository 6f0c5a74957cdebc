"""Who lives in the simulated homes: a val baby, and a confuser, a val sound that may be taken for it.

    python -m training.evaluation.home_cast       which val sounds raise most alarms: the chosen confusers (15 minutes)

A drawn home has a cat, dog or laughing sibling, drawn at random: most of these raise no alarm. A chosen home has one of
the confusers that raise alarms most often, of any family. The rule was fixed before any of these homes was heard:
every group of val negatives is rendered SCREENED times in other pitch and tempo, in val rooms and beds. The SHORTLIST
groups with the highest score are rendered TRIED times more. The homes have those with an alarm among these in turn, the
one with most alarms first. In the homes other renderings sound.
"""

import argparse
import csv
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from training.data.distractor_families import family_of
from training.data.folds import TWINS, clips_of
from training.data.manifest import Clip, by_group
from training.data.paths import WORK
from training.data.recordings import load_audio
from training.evaluation.adaptation import varied
from training.evaluation.home_hearing import hear_as_daemon
from training.synthesis.pool import STEADY, is_certain_cry

SIDE: Final = "val"  # nothing of it was in the training of either stage
SEED: Final = 61
COUNT: Final = 20  # of drawn homes
CONFUSERS: Final = ("cat", "laughing", "cat", "laughing", "dog")  # of drawn home 0, 1, ...; then again
LEAST_CLIPS: Final = 2  # of a baby
LONGEST: Final = 96_000  # samples of a confuser's recording that sound in a home: its first 6 s

CONFUSER_ALARMS: Final = WORK / "confuser_alarms.csv"
FIRST_CHOSEN: Final = 100  # number of the first chosen home
SCREENED: Final = 3  # renderings of every group
SHORTLIST: Final = 40  # groups
TRIED: Final = 40  # renderings of a group of the shortlist


@dataclass(frozen=True, slots=True)
class Home:
    """One simulated home: who lives there."""

    number: int
    baby: str  # its group
    confuser: str  # its group
    kind: str  # of the confuser
    other_recordings: bool  # whether the confuser has other recordings on the judged day; False: there is only one

    @property
    def chosen(self) -> bool:
        """Whether its confuser was chosen for its alarms."""
        return self.number >= FIRST_CHOSEN


@dataclass(frozen=True, slots=True)
class ConfuserAlarms:
    """How often the sounds of a group raise an alarm in both stages, without any mark."""

    group: str
    kind: str
    clips: int
    alarms: int
    tries: int  # renderings


@cache
def val_clips() -> list[Clip]:
    """All clips of the homes' side, without the second copy of a recording."""
    return [clip for clip in clips_of(SIDE) if clip.path not in TWINS]


def _babies() -> list[str]:
    """Groups of the babies with LEAST_CLIPS recordings, in the order in which they move in."""
    cries = by_group(clip for clip in val_clips() if clip.may_hold_cry and is_certain_cry(clip))
    names = sorted(name for name, clips in cries.items() if len(clips) >= LEAST_CLIPS)
    return [str(name) for name in np.random.default_rng(SEED).permutation(names)]


def drawn_homes(count: int = COUNT) -> list[Home]:
    """The first `count` homes with a confuser drawn at random; a larger count leaves the earlier ones as they are."""
    rng = np.random.default_rng(SEED)
    rng.permutation(len(babies := _babies()))  # the draws of `_babies`
    kinds = [CONFUSERS[number % len(CONFUSERS)] for number in range(count)]
    clips = {
        kind: by_group(one for one in val_clips() if one.label == "neg" and one.kind == kind) for kind in CONFUSERS
    }
    groups = {kind: rng.permutation(sorted(clips[kind])) for kind in sorted(clips)}
    found = []
    for number, kind in enumerate(kinds):
        confuser = str(groups[kind][kinds[:number].count(kind) % len(groups[kind])])
        found.append(Home(number, babies[number], confuser, kind, len(clips[kind][confuser]) > 1))
    return found


def chosen_homes(count: int, alarms: Sequence[ConfuserAlarms]) -> list[Home]:
    """The first `count` homes with a chosen confuser; their babies are the last ones to move into drawn homes."""
    heard = itertools.cycle(one for one in most_alarms_first(alarms) if one.alarms)
    return [
        Home(FIRST_CHOSEN + number, baby, one.group, one.kind, one.clips > 1)
        for number, baby, one in zip(range(count), reversed(_babies()), heard, strict=False)
    ]


def most_alarms_first(alarms: Sequence[ConfuserAlarms]) -> list[ConfuserAlarms]:
    """By the share of renderings that raised an alarm; groups with the same share in alphabetical order."""
    return sorted(alarms, key=lambda one: (-one.alarms / one.tries, one.group))


class _FirstPass:
    """Renders groups of val sounds and hears them as the daemon does."""

    def __init__(self) -> None:
        self._classifier, self._second = shipped_classifier(), shipped_second_opinion()

    def highest(self, group: str, clips: Sequence[Clip], renderings: range) -> list[float]:
        """The highest score of both stages in each rendering, 0..1; 0 where nothing was suspected."""
        found = []
        for number in renderings:
            rng = np.random.default_rng([SEED, number, *group.encode()])
            sound = varied(rng, load_audio(clips[number % len(clips)].path)[:LONGEST])
            both = hear_as_daemon(self._classifier, self._second, sound).both
            found.append(float(np.nan_to_num(both).max()))
        return found


def first_pass(threshold: float) -> list[ConfuserAlarms]:
    """The groups of the shortlist, with their alarms at a threshold."""
    hearing = _FirstPass()
    negatives = by_group(one for one in val_clips() if one.label == "neg" and one.kind not in STEADY)
    top = {
        group: max(hearing.highest(group, clips, range(SCREENED)))
        for group, clips in tqdm(sorted(negatives.items()), unit="group", mininterval=10)
    }
    found = []
    for group in tqdm(sorted(top, key=lambda one: -top[one])[:SHORTLIST], unit="group", mininterval=10):
        clips = negatives[group]
        heard = hearing.highest(group, clips, range(SCREENED, SCREENED + TRIED))
        alarms = sum(one >= threshold for one in heard)
        found.append(ConfuserAlarms(group, clips[0].kind, len(clips), alarms, TRIED))
    return most_alarms_first(found)


def known_alarms() -> list[ConfuserAlarms]:
    """What `main` has found. Raises FileNotFoundError before it has run."""
    with CONFUSER_ALARMS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        ConfuserAlarms(row["group"], row["kind"], int(row["clips"]), int(row["alarms"]), int(row["tries"]))
        for row in rows
    ]


def add_which(parser: argparse.ArgumentParser) -> None:
    """Add the options that `homes_of` reads."""
    parser.add_argument("--homes", type=int, default=COUNT, help="how many drawn homes")
    parser.add_argument("--chosen", type=int, help="how many homes with chosen confusers, in place of the drawn ones")


def homes_of(options: argparse.Namespace) -> list[Home]:
    """The homes that the options of a command line name."""
    return chosen_homes(options.chosen, known_alarms()) if options.chosen else drawn_homes(options.homes)


def main() -> None:
    """Find, keep and print the confusers that raise alarms most often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = DetectionSettings().threshold
    parser.add_argument("--threshold", type=float, default=usual, help="score from which on the alarm is raised")
    found = first_pass(parser.parse_args().threshold)
    with CONFUSER_ALARMS.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("group", "kind", "clips", "alarms", "tries"))
        rows.writerows((one.group, one.kind, one.clips, one.alarms, one.tries) for one in found)
    print("| group | kind | family | recordings | renderings with an alarm |", "|---|---|---|---|---|", sep="\n")
    for one in found:
        print(f"| {one.group} | {one.kind} | {family_of(one.kind)} | {one.clips} | {one.alarms} of {one.tries} |")


if __name__ == "__main__":
    main()
