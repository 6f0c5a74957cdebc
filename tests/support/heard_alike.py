"""Comparison of what babycryd hears on another machine, or in a container, with what it hears here."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

REPLAY = ("replay", "--jsonl", "--scores")
# Other orders of adding, other vector units: measured 0.0009 at most, see docs/measurements.md
SCORE_TOLERANCE = 0.005


def cries_heard_alike(there: str, recordings: Sequence[str], folder: Path) -> int:
    """The number of cries in `there`, what `babycryd replay --jsonl --scores` printed for recordings of `folder`.

    Fails where the same command tells other events here, or at other times; scores may differ a little.
    """
    command = [sys.executable, "-m", "babycryd", *REPLAY, *recordings]
    here = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    pairs = list(zip(_events(there), _events(here), strict=True))
    differences = [abs(one.pop("score") - other.pop("score")) for one, other in pairs if one["event"] == "score"]
    assert [one for one, _ in pairs] == [other for _, other in pairs]
    assert max(differences) < SCORE_TOLERANCE
    sys.stderr.write(f"{len(differences)} scores, differing by {max(differences):.5f} at most\n")
    return sum(one["event"] == "cry_started" for one, _ in pairs)


def _events(lines: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in lines.splitlines()]
    for event in events:
        if event["event"] == "cry_started":
            event["confidence"] = round(event["confidence"], 2)
    return events
