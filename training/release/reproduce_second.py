"""Reproduction of the shipped second opinion from the recordings: about two hours on one desktop core, resumable.

    python -m training.release.reproduce_second              runs every step, and compares the result with what ships
    python -m training.release.reproduce_second --list       prints the steps
    python -m training.release.reproduce_second --miniature  a little of every step: whether they run (5 minutes)
    python -m training.release.reproduce_second --kept WHOLE FOLD     converts and calibrates weights of an earlier run

The shipped cry.tflite finds the windows. Two networks are fine-tuned: `whole` on all of train, which ships, and `fold`
without fold 0, which hears the scenes for the calibration. The result lies in training/work/second_reproduced; the
shipped files stay as they are. With kept weights it is the same bit for bit. A step that was stopped goes on where it
stopped, with the same draws. Other versions of TensorFlow round differently; the comparison then says by how much the
logits differ on val windows.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.second_opinion import WINDOW_HOPS
from babycryd.detect.second_tflite import TfliteSecondNetwork
from training.data.manifest import is_trained_on_manifest
from training.data.paths import MODELS, REPOSITORY, WORK
from training.model.second_batches import mel_of
from training.model.second_training import BEST, FOLDER
from training.model.second_windows import CHUNK, WINDOWS, Windows, folder_of, load_windows
from training.release.second_cries import COUNT


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything a run makes."""

    phrases: int  # of instruments, played by fluidsynth
    val: int  # segments of a val side
    train: int  # segments of a train side
    confusers: int  # segments with a confuser alone of a train side
    steps: int  # of a training
    evaluated: int  # steps from one judgement, which a stopped run continues from, to the next
    hours: float  # of scenes of a side
    cries: int  # reference cries, at least as many as an embedding has numbers


WHOLE: Final = Size(phrases=300, val=600, train=7000, confusers=2800, steps=1500, evaluated=300, hours=8.0, cries=COUNT)
MINIATURE: Final = Size(phrases=0, val=6, train=6, confusers=6, steps=4, evaluated=2, hours=0.4, cries=70)
MINIATURE_WORK: Final = "miniature"
STEPS: Final = 4000  # over which the learning rate falls; the training ends before
NETWORKS: Final = {"fold": ("train-0", "val-0"), "whole": ("train", "val")}  # sides to learn from and to be judged on
SCENES: Final = ("val-0", "unseen-val")  # sides for the calibration, heard by `fold`
OWN_SCENES: Final = ("shipped-val",)  # and by `whole`, for the promise
OUT: Final = WORK / "second_reproduced"
FILE: Final = "second.tflite"
BEFORE: Final = (("training.synthesis.rooms",), ("training.data.teacher",))
WINDOWS_OF: Final = "training.model.second_windows"
TRAINING: Final = "training.model.second_training"
COMPARED: Final = 400  # val windows
ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")


def weights_of(network: str) -> Path:
    """File of the weights that the training of one of NETWORKS keeps."""
    return FOLDER / network / BEST


@dataclass(frozen=True, slots=True)
class Part:
    """Windows that a training learns from or is judged on."""

    side: str
    segments: int
    confusers: bool = False

    @property
    def command(self) -> tuple[str, ...]:
        """Module and arguments that write them."""
        alone = ("--confusers",) if self.confusers else ()
        return WINDOWS_OF, "--split", self.side, "--segments", str(self.segments), *alone


def parts_of(size: Size) -> list[Part]:
    """All windows, in the order of the trainings."""
    return [
        part
        for train, val in NETWORKS.values()
        for part in (Part(val, size.val), Part(train, size.train), Part(train, size.confusers, confusers=True))
    ]


def steps(kept: tuple[Path, Path] | None = None, size: Size = WHOLE) -> list[tuple[str, ...]]:
    """Commands, each a module and its arguments; `kept`: weights of `whole` and `fold` that need no training."""
    found: list[tuple[str, ...]] = [BEFORE[0]]
    if kept is None:
        found += [BEFORE[1], ("training.synthesis.voices.instruments", "--count", str(size.phrases))]
        found += [part.command for part in parts_of(size)]
        for name, (train, val) in NETWORKS.items():
            sides = ("--train", train, "--val", val, "--confusers", "--last", "--name", name)
            lengths = ("--steps", str(STEPS), "--until", str(size.steps), "--evaluated", str(size.evaluated))
            found.append((TRAINING, *lengths, *sides))
    whole, fold = kept or (weights_of("whole"), weights_of("fold"))
    files = ("--weights", str(whole), "--heard-by", str(fold), "--out", str(OUT))
    amounts = ("--hours", str(size.hours), "--cries", str(size.cries))
    return [*found, ("training.release.second_opinion", *files, "--sides", *SCENES, "--own", *OWN_SCENES, *amounts)]


def check_windows(size: Size = WHOLE, folder: Path = WINDOWS) -> None:
    """Raise SystemExit where files of windows are missing, because a training would then learn from fewer."""
    for part in parts_of(size):
        place = folder / folder_of(part.side, confusers=part.confusers).name
        wanted, found = -(-part.segments // CHUNK), len(list(place.glob("[0-9][0-9][0-9].npz")))
        if found != wanted:
            raise SystemExit(f"{place} holds {found} files of windows, not {wanted}; delete those of other runs")


def logit_differences(made: Path, shipped: Path, windows: Windows) -> NDArray[np.float64]:
    """(n,) how far the logits of two TFLite files lie apart on COMPARED windows, spread over all."""
    count = len(windows.targets)
    rows = np.linspace(0, count - 1, min(COMPARED, count)).astype(np.int64)
    one, other = (TfliteSecondNetwork(path.read_bytes(), str(path)) for path in (made, shipped))
    heard = mel_of(windows, rows, WINDOW_HOPS * HOP_FRAMES, None)[..., 0]
    return np.array([abs(one.hear(mel).logit - other.hear(mel).logit) for mel in heard])


def comparison(made: dict[str, Any], shipped: dict[str, Any]) -> str:
    """Line on the contents of two second.json: whether the networks are the same, and both calibrations."""
    same = "the same network bit for bit" if made["sha256"] == shipped["sha256"] else "another network"
    sums = (f"slope {one['sum']['slope']}, shift {one['sum']['shift']}" for one in (made, shipped))
    return f"{same}; sum: {' here, '.join(sums)} shipped"


def run(commands: list[tuple[str, ...]], size: Size = WHOLE) -> None:
    """Run the steps one after the other, each on one thread; windows are counted before a training."""
    for number, step in enumerate(commands, start=1):
        print(f"step {number} of {len(commands)}: python -m", *step, flush=True)
        if step[0] == TRAINING:
            check_windows(size)
        environment = os.environ | ONE_THREAD
        subprocess.run([sys.executable, "-m", *step], check=True, cwd=REPOSITORY, env=environment)  # noqa: S603  # ours


def in_miniature() -> int:
    """Run the miniature in a work folder of its own, so that its few windows are not taken for those of a whole run."""
    environment = os.environ | {"BABYCRYD_WORK": str(WORK / MINIATURE_WORK)}
    command = [sys.executable, "-m", __spec__.name, "--miniature"]
    return subprocess.run(command, check=False, cwd=REPOSITORY, env=environment).returncode  # noqa: S603  # ours


def parsed_options() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the commands without running them")
    parser.add_argument("--miniature", action="store_true", help="a little of every step, in a folder of its own")
    parser.add_argument(
        "--kept", type=Path, nargs=2, metavar=("WHOLE", "FOLD"), help="weights of an earlier run; nothing is trained"
    )
    return parser.parse_args()


def main() -> None:
    """Run the steps; exits with 1 if the network or its calibration is another one."""
    options = parsed_options()
    if options.miniature and not options.list and WORK.name != MINIATURE_WORK:
        sys.exit(in_miniature())
    size = MINIATURE if options.miniature else WHOLE
    commands = steps(tuple(one.resolve() for one in options.kept) if options.kept else None, size)
    if options.list:
        print(*(" ".join(("python -m", *step)) for step in commands), sep="\n")
        return
    if not is_trained_on_manifest(_card(MODELS)["made_by"]):
        print("the manifest has changed since the training: the result will be another file", file=sys.stderr)
    run(commands, size)
    made, shipped = _card(OUT), _card(MODELS)
    print(comparison(made, shipped))
    if made["sha256"] != shipped["sha256"] and (WINDOWS / "val").exists():
        apart = logit_differences(OUT / FILE, MODELS / FILE, load_windows("val"))
        print(f"logits of val windows lie {apart.mean():.3f} apart on average, {apart.max():.3f} at most")
    sys.exit(made["sha256"] != shipped["sha256"] or made["sum"] != shipped["sum"])


def _card(folder: Path) -> dict[str, Any]:
    """Content of the second.json of a folder."""
    card: dict[str, Any] = json.loads((folder / "second.json").read_text(encoding="utf-8"))
    return card


if __name__ == "__main__":
    main()
