"""Evaluation of both stages and of the first alone, beside mn04, YAMNet and the baseline, on val sides.

    python -m training.evaluation.evaluate                   the shipped models at their threshold, beside the others
    python -m training.evaluation.evaluate --alone --list    ours alone, with every missed cry and false alarm
    python -m training.evaluation.evaluate --hours 1 --every 10      a first look
    python -m training.evaluation.evaluate --model A.tflite --network B.tflite --sum 0.72 2.16 --sides val-0
    python -m training.evaluation.evaluate --network FOLD --sides unseen-val --add      beside the sides in --out

It scores every hop of a scene, then runs the same scenes through the daemon's whole pipeline.
`python -m training.evaluation.model_card` writes the figures and plots into the model card.
"""

import argparse
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from babycryd.detect.second_opinion import SecondOpinion, Sum
from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.tflite import TfliteClassifier
from training.data.folds import SIDES, UNHEARD_SIDE
from training.data.paths import LULLABIES, MODELS, WORK
from training.data.recordings import load_lullaby
from training.evaluation.comparison import by_baby, by_family, by_snr, side_title, summary, with_interval
from training.evaluation.detectors import Both, Detector, Heard, Student, cached_scores, peers
from training.evaluation.report import report_on
from training.evaluation.scene_runs import daemon_figures
from training.evaluation.scoring import vote_scenes
from training.evaluation.second_opinion import Mn04
from training.model.network import microseconds_per_hop

EVALUATION: Final = WORK / "evaluation.json"
WITH_INTERVAL: Final = {
    "clips": {
        "auc": "clips: AUC",
        "auc_visible": "clips: AUC, without cries of which the reviewer saw nothing",
        "ap": "clips: average precision",
        "recall": "clips: recall",
        "false_rate": "clips: negatives that fire",
        "recall_at_1_percent": "clips: recall where 1 % of negatives fire",
        "f1": "clips: F1",
    },
    "scenes": {
        "recall": "scenes: recall, SNR -5 to 30 dB",
        "recall_snr_0_up": "scenes: recall, SNR 0 to 30 dB",
        "recall_snr_10_up": "scenes: recall, SNR 10 to 30 dB",
        "recall_snr_0_10": "scenes: recall, SNR 0 to 10 dB",
        "recall_over_lullaby": "scenes: recall over a lullaby",
        "false_alarms_per_hour": "scenes: false alarms an hour",
    },
}


def _rows(report: dict[str, Any]) -> dict[str, str]:
    """Column of the table for one detector: title -> cell."""
    rows = {"threshold": f"{report['threshold']:g}"}
    rows |= {
        title: with_interval(report[part][name]) for part, of in WITH_INTERVAL.items() for name, title in of.items()
    }
    crossed = report["cross_validated_at_0.5"]
    title = "scenes: recall and false alarms an hour, threshold chosen at 0.5 an hour on the other half"
    return rows | {
        title: f"{crossed['recall']:.3f} at {crossed['false_alarms_per_hour']:.2f}",
        "scenes: PSDS": f"{report['psds']:.3f}",
    }


def table(reports: dict[str, dict[str, Any]]) -> str:
    """Markdown table with one column a detector."""
    columns = [_rows(report) for report in reports.values()]
    head = [f"| figure | {' | '.join(reports)} |", "|---" * (len(reports) + 1) + "|"]
    return "\n".join(head + [f"| {name} | {' | '.join(column[name] for column in columns)} |" for name in columns[0]])


def own_lullaby_scores(ours: Detector) -> dict[str, float]:
    """Highest voted score of the first minute of each shipped lullaby, which must not raise an alarm."""
    tracks = {path.stem: load_lullaby(path) for path in sorted(LULLABIES.glob("*.ogg"))}
    return {name: round(float(ours.voted(name, track).max()), 3) for name, track in tracks.items()}


def mistakes(ours: Detector, side: str, hours: float | None) -> str:
    """Every missed cry and every false alarm at the threshold, one a line, by scene."""
    lines = []
    for index, scene in enumerate(vote_scenes(ours, side, hours)):
        outcome = scene.figures_at(ours.threshold)
        where = f"{side} {index:03} ({scene.bed}, {scene.microphone})"
        for cry, latency_s in zip(scene.cries, outcome.latencies_s, strict=True):
            if latency_s is None:
                over = " over a lullaby" if cry.over_lullaby else ""
                lines.append(f"{where}: missed {cry.group} at {cry.onset_s:.1f} s, {cry.snr_db:.0f} dB{over}")
        for at_s in outcome.false_alarms_s:
            near = [one.kind for one in scene.distractors if -0.5 <= at_s - one.at_s <= one.duration_s + 2.5]
            lines.append(f"{where}: false alarm at {at_s:.1f} s, near {near or 'nothing'}")
    return "\n".join(lines)


@cache
def published_mn04() -> Mn04:
    """mn04 without fine-tuning; its conversion takes some seconds."""
    from training.model.mn04_network import build, to_tflite

    return Mn04(TfliteSecondNetwork(to_tflite(build()), "mn04"))


def others(side: str, options: argparse.Namespace) -> list[tuple[Detector, float | None]]:
    """The detectors that ours is compared with, and hours of scenes they are judged on; mn04 is as it is published."""
    hours, every, peer_hours = options.hours, options.every, options.peer_hours or options.hours
    heard = cached_scores("mn04", side, lambda samples: published_mn04().voted("", samples), hours, every)
    mn04 = Heard("mn04 as it is (1.92 s, 3 of 5)", 0.5, heard)
    return [(mn04, hours), *((peer, peer_hours) for peer in peers(side, peer_hours, every))]


def side_reports(
    classifier: TfliteClassifier, second: SecondOpinion, side: str, options: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    """Reports of all detectors on one side, ours first."""
    ours = Both(classifier, second, options.threshold)
    both: list[Detector] = [ours, Student(classifier, options.threshold)]
    judged = [(detector, options.hours) for detector in both]
    judged += [] if options.alone else others(side, options)
    reports = {detector.name: report_on(detector, side, hours, options.every) for detector, hours in judged}
    first = reports[ours.name]
    first["shipped_lullabies_alone"] = own_lullaby_scores(ours)
    hours = options.daemon_hours or options.hours
    first["daemon"] = daemon_figures(classifier, options.threshold, second=second, side=side, hours=hours)
    first["microseconds_per_hop"] = round(microseconds_per_hop(options.model.read_bytes()))
    if options.list:
        print(mistakes(ours, side, options.hours))
    return reports


def text(sides: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Every table, as the model card has them."""
    tables = [f"{side_title(side)}:\n\n{by_snr(reports)}\n\n{table(reports)}" for side, reports in sides.items()]
    return "\n\n".join([summary(sides), by_family(sides), by_baby(sides), *tables])


def parsed_options() -> argparse.Namespace:
    """Options of the command line; the defaults are what ships."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    described = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))
    combined = json.loads((MODELS / "second.json").read_text(encoding="utf-8"))["sum"]
    parser.add_argument("--model", type=Path, default=MODELS / "cry.tflite", help="the first stage's .tflite file")
    parser.add_argument("--network", type=Path, default=MODELS / "second.tflite", help="the second opinion's file")
    parser.add_argument(
        "--sum", type=float, nargs=2, default=(combined["slope"], combined["shift"]), help="slope and shift of the sum"
    )
    parser.add_argument("--threshold", type=float, default=described["threshold"], help="threshold of ours")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=(UNHEARD_SIDE,), help="val sides")
    parser.add_argument("--hours", type=float, help="of the scenes of a side (default: all)")
    parser.add_argument("--daemon-hours", type=float, help="of those through the whole daemon (default: --hours)")
    parser.add_argument("--peer-hours", type=float, help="of those for YAMNet and the baseline (default: --hours)")
    parser.add_argument("--every", type=int, default=1, help="judge every n-th clip only, for a first look")
    parser.add_argument("--alone", action="store_true", help="without the other detectors (takes minutes)")
    parser.add_argument("--list", action="store_true", help="print every missed cry and every false alarm")
    parser.add_argument("--out", type=Path, default=EVALUATION, help="JSON file for every figure")
    parser.add_argument("--add", action="store_true", help="keep the other sides that stand in --out")
    return parser.parse_args()


def main() -> None:
    """Evaluate, print the tables, and keep every figure as JSON."""
    options = parsed_options()
    classifier = TfliteClassifier(options.model.read_bytes(), str(options.model))
    network = TfliteSecondNetwork(options.network.read_bytes(), str(options.network))
    second = SecondOpinion(network, Sum(*options.sum))
    sides = json.loads(options.out.read_text(encoding="utf-8")) if options.add else {}
    sides |= {side: side_reports(classifier, second, side, options) for side in options.sides}
    options.out.write_text(json.dumps(sides, indent=1), encoding="utf-8")
    print(text(sides))


if __name__ == "__main__":
    main()
