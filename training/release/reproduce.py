"""Reproduction of the shipped file from the recordings: about three hours on two desktop cores, resumable.

    python -m training.release.reproduce            runs every step, and says whether the file is the same bit for bit
    python -m training.release.reproduce --list     prints the steps

Rendering and training repeat bit for bit with the same recordings, the same kind of processor and the same versions of
numpy, SciPy, libsoxr and TensorFlow. On another processor figures differ in their last digit. With more recordings
than at the time of `trained_on` in cry.json the segments are others, and the file is another one.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from typing import Any, Final

from training.data.manifest import is_trained_on_manifest
from training.data.paths import MODELS, REPOSITORY
from training.model.architectures import SHIPPED

BEFORE: Final = (
    ("training.synthesis.rooms",),
    ("training.data.teacher",),
    ("training.synthesis.render", "--split", "val", "--shards", "2"),
)
AFTER: Final = (("training.synthesis.scenes", "--hours", "8"), ("training.release.export",))


def steps(made: dict[str, Any]) -> list[tuple[str, ...]]:
    """Commands that make the shipped file, each a module and its arguments; `made` is `made_by` of cry.json."""
    found: list[tuple[str, ...]] = [*BEFORE]
    for one in made["training"]:
        recipe = ("--recipe", one["recipe"]) if "recipe" in one else ()
        found.append(("training.synthesis.render", "--shards", str(one["shards"]), *recipe))
        families = ("--family-weight", str(one["family_weight"])) if "family_weight" in one else ()
        sizes = ("--steps", str(one["end"]), "--batch", str(one["batch"]), "--threads", str(one["threads"]))
        found.append(("training.model.train", "--architecture", SHIPPED, *sizes, *recipe, *families))
    return [*found, *AFTER]


def main() -> None:
    """Run the steps; exits with 1 if the file is another one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the commands without running them")
    options = parser.parse_args()
    described = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))
    if not is_trained_on_manifest(described["made_by"]):
        print("the manifest has changed since the training: the result will be another file", file=sys.stderr)
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
