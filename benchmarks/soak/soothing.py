"""PURE. What soothing did in the soak, and whether it played after it had given up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

CRY_ENDED: Final = "cry ended"


def soothing_counts(told: Sequence[str]) -> Mapping[str, int]:
    """Return how often each thing was told, the ends of cries left out."""
    return dict(sorted(Counter(each for each in told if each != CRY_ENDED).items()))


def too_many(told: Sequence[str]) -> int:
    """Return how many sounds started between "needs you" and the end of that cry."""
    given_up, found = False, 0
    for each in told:
        given_up = each == "needs you" or (given_up and each != CRY_ENDED)
        found += given_up and each == "sound started"
    return found
