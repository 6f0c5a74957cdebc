"""Rules of the second opinion at the thresholds that each needs for the promise of unknown homes, side by side.

    python -m training.evaluation.at_the_promise --network FOLD --sides val-0 unseen-val

At equal rates of false alarms, which the first table of a side has, a rule whose worst family is milder gains nothing:
the promise (`training.evaluation.unknown_families`) is what its threshold is chosen by. In brackets stands the 95 %
interval of the gain over the first rule: the scenes are drawn again, and both thresholds chosen again each time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.evaluation.curves_table import comparison
from training.evaluation.metrics import bootstrap
from training.evaluation.scoring import VotedScene
from training.evaluation.second_opinion import RULES, SHIPPED, asked_for, scenes_by
from training.evaluation.unknown_families import SOON_S, FamilyAlarms, SceneAlarms, scene_alarms

ROUNDS: Final = 400  # of the bootstrap
COMPARED: Final = (SHIPPED, "1 of 2 + 1.92 s", "1 of 2 + mean of both")


@dataclass(frozen=True, slots=True)
class Promise:
    """A rule at its promised threshold."""

    threshold: float  # a logit; NaN where the drawn scenes hold too few false alarms to choose one
    recall: float  # 0..1
    soon: float  # share of all cries that are found within SOON_S
    false_alarms: int


NONE: Final = Promise(np.nan, np.nan, np.nan, 0)


def promise_of(counted: SceneAlarms, scenes: Sequence[int]) -> Promise:
    """Figures of a rule on some scenes, by index, at the threshold that these promise."""
    alarms: FamilyAlarms = counted.of(scenes)
    try:
        threshold = alarms.homes().promise()
    except ValueError:
        return NONE
    at = alarms.at(threshold)
    if at < 0:
        return Promise(threshold, 0.0, 0.0, 0)
    soon = counted.soon[np.asarray(scenes), at].sum() / counted.cries[np.asarray(scenes)].sum()
    false = int(alarms.alarms[at].sum() + alarms.background[at])
    return Promise(threshold, float(alarms.recall[at]), float(soon), false)


@dataclass(frozen=True, slots=True)
class Gains:
    """95 % intervals of what one rule has more than another."""

    recall: tuple[float, float]
    soon: tuple[float, float]
    threshold: tuple[float, float]


def gains(one: SceneAlarms, other: SceneAlarms, rounds: int = ROUNDS) -> Gains:
    """Gains of one rule over another on the same scenes, which are drawn again for each interval alike."""
    promised: dict[tuple[int, ...], tuple[Promise, Promise]] = {}

    def gained(figure: str) -> Callable[[list[int]], float]:
        def of(drawn: list[int]) -> float:
            if tuple(drawn) not in promised:
                promised[tuple(drawn)] = promise_of(one, drawn), promise_of(other, drawn)
            more, less = promised[tuple(drawn)]
            return float(getattr(more, figure)) - float(getattr(less, figure))

        return of

    scenes = range(len(one.hours))
    return Gains(*(bootstrap(scenes, gained(figure), rounds) for figure in ("recall", "soon", "threshold")))


def latency(scenes: Sequence[VotedScene], threshold: float) -> str:
    """Median and 95 % of the latency from the beginning of the cry, in words."""
    found = [late for one in scenes for late in one.figures_at(threshold).latencies_s if late is not None]
    return f"{np.median(found):.2f} s, {np.percentile(found, 95):.1f} s" if found else "none"


def table(rules: dict[str, list[VotedScene]], rounds: int = ROUNDS) -> str:
    """Markdown table of the rules, of which the first is the usual one."""
    titles = ("rule", "sum", "recall", "false alarms", "latency", f"within {SOON_S:g} s", "worst family, left out")
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    usual: SceneAlarms | None = None
    for name, scenes in rules.items():
        counted = scene_alarms(scenes)
        point = promise_of(counted, range(len(scenes)))
        recall, soon, total = f"{point.recall:.3f}", f"{point.soon:.3f}", f"{point.threshold:.2f}"
        if usual is not None:
            gain = gains(counted, usual, rounds)
            recall += f" ({gain.recall[0]:+.3f} to {gain.recall[1]:+.3f})"
            soon += f" ({gain.soon[0]:+.3f} to {gain.soon[1]:+.3f})"
            total += f" ({gain.threshold[0]:+.1f} to {gain.threshold[1]:+.1f})"
        usual = usual or counted
        late = latency(scenes, point.threshold)
        left_out = {one.family: one.per_hour for one in counted.of(range(len(scenes))).left_out()}
        worst = max(left_out, key=lambda family: left_out[family])
        cells = [name, total, recall, str(point.false_alarms), late, soon, f"{worst} {left_out[worst]:.2f}/h"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print a table for all sides together, and one for each."""
    heard = dict(asked_for(__doc__))
    if len(heard) > 1:
        heard = {"all sides": [one for of_side in heard.values() for one in of_side], **heard}
    for name, scenes in heard.items():
        rules = {rule: scenes_by(RULES[rule].logits, scenes) for rule in COMPARED}
        print(f"\n{name}: {len(scenes)} scenes\n", comparison(rules), table(rules), sep="\n\n", flush=True)


if __name__ == "__main__":
    main()
