"""From the recordings to the shipped file, in one command: about three hours on two desktop cores, resumable.

    python -m training.release.reproduce            every step, and whether the file came out bit for bit
    python -m training.release.reproduce --list     the steps alone

Where it differs: rendering and training repeat bit for bit on the same kind of processor with the same versions of
numpy, SciPy, libsoxr and TensorFlow; another processor rounds elsewhere, and the figures then differ in their last
digit.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from typing import Any, Final

from training.data.paths import MODELS, REPOSITORY
from training.model.architectures import SHIPPED

BEFORE: Final = (
    ("training.synthesis.rooms",),
    ("training.data.teacher",),
    ("training.synthesis.render", "--split", "val", "--shards", "2"),
)
AFTER: Final = (("training.synthesis.scenes", "--hours", "8"), ("training.release.export",))


def steps(made: dict[str, Any]) -> list[tuple[str, ...]]:
    """The commands, each a module and its arguments, by what `cry.json` tells of the shipped file."""
    found: list[tuple[str, ...]] = [*BEFORE]
    for one in made["training"]:
        found.append(("training.synthesis.render", "--shards", str(one["shards"])))
        sizes = ("--steps", str(one["end"]), "--batch", str(one["batch"]), "--threads", str(one["threads"]))
        found.append(("training.model.train", "--architecture", SHIPPED, *sizes))
    return [*found, *AFTER]


def main() -> None:
    """Run what is missing; exit code 1 where the file is another one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the commands and stop")
    options = parser.parse_args()
    described = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))
    for step in steps(described["made_by"]):
        print("python -m", *step, flush=True)
        if not options.list:
            subprocess.run([sys.executable, "-m", *step], check=True, cwd=REPOSITORY)  # noqa: S603  # our own modules
    if options.list:
        return
    made = hashlib.sha256((MODELS / "cry.tflite").read_bytes()).hexdigest()
    print("the same, bit for bit" if made == described["sha256"] else f"another file: {made}; see --help for why")
    sys.exit(made != described["sha256"])


if __name__ == "__main__":
    main()
