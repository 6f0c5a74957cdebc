"""Pictures of the latest cries of val scenes: what they are, and what both stages say of them hop after hop.

    python -m training.evaluation.late_cries                    the 20 latest of shipped-val (5 minutes the first time)
    python -m training.evaluation.late_cries --latency 0 2      of the cries found within 2 s as many, to compare

Of each cry: above, the crying alone as it comes through its room, below, what the microphone recorded. A red bar marks
when the ground truth says that the baby cries, a white line the sum of both stages (from -8 to 12 logits), a dotted
line the sum that is needed. Latency counts as in `training.evaluation.sooner`.
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
from babycryd.detect.second_opinion import Sum
from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from training.data.folds import SIDES
from training.data.paths import MODELS, WORK
from training.data.recordings import Samples
from training.evaluation.metrics import window_ends_s
from training.evaluation.second_opinion import HOURS, RULES, SHIPPED, WINDOWS_HOPS, HeardScene, as_logits, hear
from training.evaluation.sooner import audible_from_s, found_cries, same_cries, stages_of
from training.synthesis.scenes import CryEvent, load_scene, make_parts, scene_paths, scene_rng

ON_A_SHEET: Final = 5  # cries
BEFORE_S: Final = 1.0
LOWEST: Final = -8.0  # logit that is drawn
HIGHEST: Final = 12.0


@dataclass(frozen=True, slots=True)
class LateCry:
    """One cry of a scene with what was said of it."""

    name: str  # side and scene
    cry: CryEvent
    latency_s: float  # from its first audible 0.3 s on
    held_back_by: str
    alone: Samples  # from BEFORE_S before the cry on
    recorded: Samples
    sums: NDArray[np.float64]  # (n, 2) second within `recorded`, logit of both stages


def needed_sum() -> float:
    """The sum of both stages, in logits, at which the alarm is raised."""
    card = json.loads((MODELS / "second.json").read_text("utf-8"))
    logit = float(as_logits(np.array(DetectionSettings().threshold)))
    return float((logit - card["sum"]["shift"]) / card["sum"]["slope"])


def has_such_a_cry(heard: HeardScene, needed: float, least_s: float) -> bool:
    """Whether a cry of the scene is found so long after its onset, and so perhaps after its first audible moment."""
    outcome = replace(heard.truth, voted=RULES[SHIPPED].logits(heard)).figures_at(needed)
    return any(late_s is not None and late_s >= least_s for late_s in outcome.latencies_s)


def cries_of(
    side: str, network: TfliteSecondNetwork, between_s: tuple[float, float], hours: float = HOURS
) -> list[LateCry]:
    """The cries of a side that are found within these latencies, the latest first."""
    card = json.loads((MODELS / "second.json").read_text("utf-8"))
    combined, found = Sum(card["sum"]["slope"], card["sum"]["shift"]), list[LateCry]()
    for index, both in enumerate(tqdm(hear(shipped_classifier(), network, side, hours), unit="scene", mininterval=10)):
        if not has_such_a_cry(both, needed_sum(), between_s[0]):
            continue
        parts, path = make_parts(scene_rng(side, index), side), scene_paths(side)[index]
        if not same_cries(parts, both.truth):
            continue
        samples = load_scene(path).samples
        cries = [(cry, at_s) for cry in parts.cries if (at_s := audible_from_s(parts, cry)) is not None]
        sums = RULES[SHIPPED].sums(both)
        for one in found_cries(cries, stages_of(samples, both, combined)):
            if one.latency_s is None or not between_s[0] <= one.latency_s <= between_s[1]:
                continue
            begin_s = one.cry.onset_s - BEFORE_S
            cut = slice(max(0, int(begin_s * SAMPLE_RATE_HZ)), int((one.cry.offset_s + 1) * SAMPLE_RATE_HZ))
            curve = np.stack([window_ends_s(len(sums)) - cut.start / SAMPLE_RATE_HZ, sums], axis=1)
            name, alone = f"{side} {path.stem}", parts.crying[cut]
            found.append(LateCry(name, one.cry, one.latency_s, one.held_back_by, alone, samples[cut], curve))
    return sorted(found, key=lambda one: -one.latency_s)


def _panel(axes: Any, sound: Samples, one: LateCry, needed: float) -> None:
    mel = log_mel(sound * np.float32(0.7 / max(float(np.abs(sound).max()), 1e-6)))
    seconds = len(sound) / SAMPLE_RATE_HZ
    low = max(float(np.percentile(mel, 5)), float(mel.max()) - 12)
    axes.imshow(mel.T, aspect="auto", origin="lower", vmin=low, vmax=mel.max(), extent=(0, seconds, 0, N_MELS))
    for value, style in ((np.full(len(one.sums), needed), "w:"), (np.clip(one.sums[:, 1], LOWEST, HIGHEST), "w-")):
        axes.plot(one.sums[:, 0], (value - LOWEST) / (HIGHEST - LOWEST) * N_MELS, style, lw=1.0)
    begin_s = min(BEFORE_S, one.cry.onset_s)
    axes.plot((begin_s, begin_s + one.cry.offset_s - one.cry.onset_s), (1, 1), "red", lw=3)
    axes.set(xlim=(0, seconds), yticks=[], xticks=np.arange(0, seconds, 1))
    axes.tick_params(labelsize=7, pad=1)


def draw_sheet(cries: Sequence[LateCry], first: int, file: Path) -> None:
    """Draw one PNG with two panels for each cry."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2 * ON_A_SHEET, 1, figsize=(18, 20), squeeze=False)
    for number, one in enumerate(cries):
        for row, sound in enumerate((one.alone, one.recorded)):
            _panel(axes[2 * number + row, 0], sound, one, needed_sum())
        title = f"#{first + number} {one.name}, {one.cry.group[:20]}, {one.cry.snr_db:.0f} dB, found after"
        axes[2 * number, 0].set_title(f"{title} {one.latency_s:.1f} s; {one.held_back_by}", fontsize=9, pad=2)
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
    cries = cries_of(options.side, network, tuple(options.latency), options.hours)[: options.count]
    options.out.mkdir(parents=True, exist_ok=True)
    for first in range(0, len(cries), ON_A_SHEET):
        draw_sheet(cries[first : first + ON_A_SHEET], first, options.out / f"sheet_{first // ON_A_SHEET:02}.png")
    for number, one in enumerate(cries):
        print(
            f"#{number} {one.name} {one.cry.group} {one.cry.snr_db:.0f} dB, {one.latency_s:.1f} s: {one.held_back_by}"
        )


if __name__ == "__main__":
    main()
