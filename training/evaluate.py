"""How good it is, on val clips and val scenes, beside YAMNet.

    python -m training.evaluate                             the shipped model at its recommended threshold
    python -m training.evaluate --model x.tflite --threshold 0.4
    python -m training.evaluate --out training/work/evaluation.json

Every window of a scene is scored (the daemon's activity gate only takes windows away).
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from training.detectors import Detector, Student, Yamnet, reference_scores
from training.figures import FALSE_ALARMS_PER_HOUR, report_on
from training.model import Interpreter
from training.paths import MODELS

WITH_INTERVAL: Final = {
    "clips": {
        "auc": "clips: AUC",
        "ap": "clips: average precision",
        "recall": "clips: recall",
        "false_rate": "clips: negatives that fire",
        "recall_at_1_percent": "clips: recall where 1 % of negatives fire",
    },
    "scenes": {
        "recall": "scenes: recall",
        "recall_snr_10_up": "scenes: recall, SNR 10 to 30 dB",
        "recall_snr_0_10": "scenes: recall, SNR 0 to 10 dB",
        "recall_over_lullaby": "scenes: recall over a lullaby",
        "false_alarms_per_hour": "scenes: false alarms an hour",
    },
}


def _cell(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _rows(report: dict[str, Any]) -> dict[str, str]:
    """Every line of the table for one detector."""
    rows = {title: _cell(report[part][name]) for part, of in WITH_INTERVAL.items() for name, title in of.items()}
    scenes, at = report["scenes"], report["recall_at"]
    rows["scenes: latency, median and 95th percentile"] = f"{scenes['latency_median_s']} s, {scenes['latency_p95_s']} s"
    for per_hour in map(str, FALSE_ALARMS_PER_HOUR):
        rows[f"scenes: recall at {per_hour} false alarms an hour or fewer"] = f"{at[per_hour]['recall']:.3f}"
    crossed = report["cross_checked_at_0.5"]
    title = "scenes: recall and false alarms an hour, threshold chosen at 0.5 an hour on the other half"
    return rows | {title: f"{crossed['recall']:.3f} at {crossed['false_alarms_per_hour']:.2f}"}


def table(reports: dict[str, dict[str, Any]]) -> str:
    """Markdown, one column a detector."""
    columns = [_rows(report) for report in reports.values()]
    head = [f"| figure | {' | '.join(reports)} |", "|---" * (len(reports) + 1) + "|"]
    return "\n".join(head + [f"| {name} | {' | '.join(column[name] for column in columns)} |" for name in columns[0]])


def main() -> None:
    """Evaluate and print; with --out also as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / "cry.tflite", help="the .tflite file to judge")
    parser.add_argument("--threshold", type=float, default=0.5, help="of our model; 0.5 is what it is calibrated to")
    parser.add_argument("--alone", action="store_true", help="without YAMNet beside it: seconds instead of minutes")
    parser.add_argument("--out", type=Path, help="write every figure into this JSON file")
    options = parser.parse_args()
    detectors: list[Detector] = [Student(Interpreter(options.model.read_bytes()), options.threshold)]
    if not options.alone:
        detectors += [Yamnet(tuned, reference_scores()) for tuned in (False, True)]
    reports = {detector.name: report_on(detector) for detector in detectors}
    print(table(reports))
    for name, report in reports.items():
        wrong = f"clips that fired wrongly {report['clips']['fired']}"
        print(f"{name}: {wrong}, false alarms by {report['scenes']['false_alarms_by']}")
    if options.out:
        options.out.write_text(json.dumps(reports, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
