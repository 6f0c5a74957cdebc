"""Pictures of the latest cries of val scenes: what they are, and what both stages say of them hop after hop.

    python -m training.evaluation.late_cries                    the 20 latest of shipped-val (5 minutes the first time)
    python -m training.evaluation.late_cries --latency 0 2      of the cries found within 2 s as many, to compare

Of each cry: above, the crying alone as it comes through its room, below, what the microphone recorded. A red bar marks
when the ground truth says that the baby cries, a white line the sum of both stages (from -8 to 12 logits), a dotted
line the sum that is needed. Latency counts from the onset of the cry, without the daemon's gate.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.detect.features import N_MELS, log_mel
from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from training.data.folds import SIDES
from training.data.paths import MODELS, WORK
from training.data.recordings import Samples
from training.evaluation.metrics import window_ends_s
from training.evaluation.second_opinion import HOURS, RULES, SHIPPED, WINDOWS_HOPS, HeardScene, as_logits, hear
from training.evaluation.sooner import audible_from_s
from training.synthesis.scenes import CryEvent, load_scene, make_parts, scene_paths, scene_rng

ON_A_SHEET: Final = 5  # cries
BEFORE_S: Final = 1.0
LOWEST: Final = -8.0  # logit that is drawn
HIGHEST: Final = 12.0


@dataclass(frozen=True, slots=True)
class LateCry:
    """One cry of a scene with what was said of it."""

    index: int  # of the scene
    cry: CryEvent
    latency_s: float  # from its onset on
    sums: NDArray[np.float64]  # (n,) logit of both stages at the hops of the scene


@dataclass(frozen=True, slots=True)
class Seen:
    """What is drawn of a cry, from BEFORE_S before it on."""

    title: str
    alone: Samples
    recorded: Samples
    curve: NDArray[np.float64]  # (n, 2) second within these, logit of both stages
    bar_s: tuple[float, float]  # when the baby cries


def needed_sum() -> float:
    """The sum of both stages, in logits, at which the alarm is raised."""
    card = json.loads((MODELS / "second.json").read_text("utf-8"))
    logit = float(as_logits(np.array(DetectionSettings().threshold)))
    return float((logit - card["sum"]["shift"]) / card["sum"]["slope"])


def latest_cries(heard: Sequence[HeardScene], between_s: tuple[float, float], count: int) -> list[LateCry]:
    """The cries that are found with these latencies, the latest first."""
    found, needed = list[LateCry](), needed_sum()
    for index, one in enumerate(heard):
        outcome = replace(one.truth, voted=RULES[SHIPPED].logits(one)).figures_at(needed)
        found += [
            LateCry(index, cry, late_s, RULES[SHIPPED].sums(one))
            for cry, late_s in zip(one.truth.cries, outcome.latencies_s, strict=True)
            if late_s is not None and between_s[0] <= late_s <= between_s[1]
        ]
    return sorted(found, key=lambda one: -one.latency_s)[:count]


def see(late: LateCry, side: str) -> Seen:
    """The sound of a cry, alone and as it was recorded."""
    parts, samples = make_parts(scene_rng(side, late.index), side), load_scene(scene_paths(side)[late.index]).samples
    cry, begin = late.cry, max(0, int((late.cry.onset_s - BEFORE_S) * SAMPLE_RATE_HZ))
    cut, begin_s = slice(begin, int((cry.offset_s + 1) * SAMPLE_RATE_HZ)), begin / SAMPLE_RATE_HZ
    audible_s = audible_from_s(parts, cry)
    audible = "never audible" if audible_s is None else f"audible from {audible_s - cry.onset_s:.1f} s on"
    title = f"{side} {late.index:03}, {cry.group}, {cry.snr_db:.0f} dB, {audible}, found after {late.latency_s:.1f} s"
    curve = np.stack([window_ends_s(len(late.sums)) - begin_s, late.sums], axis=1)
    return Seen(title, parts.crying[cut], samples[cut], curve, (cry.onset_s - begin_s, cry.offset_s - begin_s))


def _panel(axes: Any, sound: Samples, seen: Seen, needed: float) -> None:
    mel = log_mel(sound * np.float32(0.7 / max(float(np.abs(sound).max()), 1e-6)))
    seconds = len(sound) / SAMPLE_RATE_HZ
    low = max(float(np.percentile(mel, 5)), float(mel.max()) - 12)
    axes.imshow(mel.T, aspect="auto", origin="lower", vmin=low, vmax=mel.max(), extent=(0, seconds, 0, N_MELS))
    at_s, sums = seen.curve[:, 0], np.clip(seen.curve[:, 1], LOWEST, HIGHEST)
    for value, style in ((np.full(len(sums), needed), "w:"), (sums, "w-")):
        axes.plot(at_s, (value - LOWEST) / (HIGHEST - LOWEST) * N_MELS, style, lw=1.0)
    axes.plot(seen.bar_s, (1, 1), "red", lw=3)
    axes.set(xlim=(0, seconds), yticks=[], xticks=np.arange(0, seconds, 1))
    axes.tick_params(labelsize=7, pad=1)


def draw_sheet(cries: Sequence[Seen], first: int, file: Path) -> None:
    """Draw one PNG with two panels for each cry."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2 * ON_A_SHEET, 1, figsize=(18, 20), squeeze=False)
    for number, one in enumerate(cries):
        for row, sound in enumerate((one.alone, one.recorded)):
            _panel(axes[2 * number + row, 0], sound, one, needed_sum())
        axes[2 * number, 0].set_title(f"#{first + number} {one.title}", fontsize=9, pad=2)
    figure.tight_layout(pad=0.4)
    figure.savefig(file, dpi=70)
    plt.close(figure)


def main() -> None:
    """Draw the sheets and list the cries."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", choices=SIDES, default="shipped-val", help="val side")
    parser.add_argument("--count", type=int, default=20, help="how many cries")
    parser.add_argument("--latency", type=float, nargs=2, default=(4.0, 60.0), help="only cries found between these, s")
    parser.add_argument("--hours", type=float, default=HOURS, help="of the scenes of the side")
    parser.add_argument("--network", type=Path, default=MODELS / "second.tflite", help="the second opinion's file")
    parser.add_argument("--out", type=Path, default=WORK / "late_cries", help="folder for the sheets")
    options = parser.parse_args()
    network = TfliteSecondNetwork(options.network.read_bytes(), str(options.network), WINDOWS_HOPS)
    heard = hear(shipped_classifier(), network, options.side, options.hours)
    options.out.mkdir(parents=True, exist_ok=True)
    cries = list[Seen]()
    for late in tqdm(latest_cries(heard, tuple(options.latency), options.count), unit="cry", mininterval=10):
        cries.append(see(late, options.side))
        print(f"#{len(cries) - 1} {cries[-1].title}", flush=True)
    for first in range(0, len(cries), ON_A_SHEET):
        draw_sheet(cries[first : first + ON_A_SHEET], first, options.out / f"sheet_{first // ON_A_SHEET:02}.png")


if __name__ == "__main__":
    main()
