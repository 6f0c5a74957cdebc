"""Speed of new scores: the plain loop beside Beam's DirectRunner with one and two workers, over the same clips.

    python -m training.cloud.throughput --most 400 --out throughput.json

Prints clips a second and CPU seconds for an hour of sound, of the whole run with its start. On a busy machine only the
CPU seconds tell something. `python -m training.cloud.money --measured throughput.json` works out costs from them.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tqdm import tqdm

from training.cloud.clip_rows import Scoring, decoded, score_row
from training.cloud.dataflow import chosen, source
from training.cloud.upload import guarded
from training.data.paths import MODELS, REPOSITORY

WAYS: Final = {
    "plain loop": (),
    "DirectRunner, 1 worker": ("--direct_num_workers=1",),
    "DirectRunner, 2 workers": ("--direct_num_workers=2", "--direct_running_mode=multi_processing"),
}


@dataclass(frozen=True, slots=True)
class Speed:
    """Result of one way."""

    way: str
    clips: int
    audio_s: float
    wall_s: float
    cpu_s: float

    def row(self) -> str:
        """Row of the table."""
        per_hour_s = self.cpu_s / self.audio_s * 3600
        return f"| {self.way} | {self.clips / self.wall_s:.1f} | {self.clips / self.cpu_s:.1f} | {per_hour_s:.1f} |"


HEAD: Final = "| way | clips a second | clips a CPU second | CPU s for an hour of sound |\n|---|---|---|---|"


def plain_loop(most: int) -> None:
    """Score the clips one after the other, without Beam."""
    root, entries = source(None)
    scoring = Scoring((MODELS / "cry.tflite").read_bytes(), 0.5, "")
    classifier = scoring.classifier()
    for entry in chosen(entries, None, most):
        score_row(entry, decoded((Path(root) / entry.path).read_bytes(), entry), classifier, scoring)


def measured(way: str, most: int, audio_s: float) -> Speed:
    """Speed of one way, in processes of its own."""
    command = [sys.executable, "-m", "training.cloud.throughput", "--plain", "--most", str(most)]
    with tempfile.TemporaryDirectory() as folder:
        if way != "plain loop":
            module = [sys.executable, "-m", "training.cloud.dataflow", "rescore", "--output", folder]
            command = [*module, "--most", str(most), *WAYS[way]]
        before, began_s = _children_s(), time.monotonic()
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        subprocess.run(command, check=True, env=environment, stdout=sys.stderr)  # noqa: S603  # our own modules
    return Speed(way, most, audio_s, time.monotonic() - began_s, _children_s() - before)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(speeds: Sequence[Speed]) -> str:
    """Markdown table."""
    return "\n".join([HEAD, *(speed.row() for speed in speeds)])


def run(most: int, out: Path | None) -> None:
    """Measure all ways and print the table."""
    import soundfile

    root, entries = source(None)
    some = chosen(entries, None, most)
    audio_s = sum(soundfile.info(Path(root) / entry.path).duration for entry in some)
    speeds = [measured(way, len(some), audio_s) for way in tqdm(WAYS, unit="way")]
    print(f"{len(some)} clips, {audio_s / 3600:.2f} h, load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")
    print(table(speeds))
    if out:
        out.write_text(json.dumps([asdict(speed) for speed in speeds], indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=400, help="clips, evenly spread over the manifest")
    parser.add_argument("--out", type=Path, help="also write the figures into this file")
    parser.add_argument("--plain", action="store_true", help="only the plain loop, without a table")
    options = parser.parse_args()
    guarded(lambda: plain_loop(options.most) if options.plain else run(options.most, options.out))


if __name__ == "__main__":
    main()
