"""Text of the operating point: what `training.release.operating_point` found, as tables of the model card."""

from typing import Any, Final

from training.data.paths import WORK
from training.evaluation.unknown_families import CALM_PER_HOUR, LIVELY_PER_HOUR, PROMISED_PER_HOUR

OPERATING_POINT: Final = WORK / "operating_point.json"
Figures = dict[str, dict[str, Any]]  # detector -> its figures


def _rate(rate: dict[str, float], digits: int) -> str:
    mean, low, high = (f"{rate[name]:.{digits}f}" for name in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def points_table(found: Figures) -> str:
    """Markdown table of both thresholds of every detector: recall and false alarms to expect."""
    lively = f"lively home ({LIVELY_PER_HOUR:g} sounds an hour): false alarms an hour"
    calm = f"calm night ({CALM_PER_HOUR:g}): an hour"
    lines = [f"| detector, threshold | recall | in these scenes, an hour | {lively} | {calm} |", "|---" * 5 + "|"]
    for detector, figures in found.items():
        for name, point in figures["points"].items():
            recall = point["recall"]
            cells = [
                f"{detector}, {name} {point['score']:.2f}",
                f"{recall['value']:.3f} ({recall['low']:.3f} to {recall['high']:.3f})",
                f"{point['counted_per_hour']:.2f}",
                _rate(point["lively"], 2),
                _rate(point["calm"], 3),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def left_out_table(found: Figures) -> str:
    """Markdown table: false alarms an hour of a lively home of each family, at the threshold chosen without it."""
    first = next(iter(found.values()))["left_out"]
    lines = [f"| family left out | sounds | {' | '.join(found)} |", "|---" * (len(found) + 2) + "|"]
    for family, row in first.items():
        rates = [f"{figures['left_out'][family]['per_hour']:.2f}" for figures in found.values()]
        lines.append(f"| {' | '.join([family, str(row['sounds']), *rates])} |")
    kept = [
        f"{sum(row['per_hour'] <= PROMISED_PER_HOUR for row in figures['left_out'].values())} of {len(first)}"
        for figures in found.values()
    ]
    rates = [f"{figures['left_out_per_hour']:.2f}" for figures in found.values()]
    lines.append(f"| all together, as often as they sound | | {' | '.join(rates)} |")
    return "\n".join([*lines, f"| families that keep the promise | | {' | '.join(kept)} |"])


def calibration_text(found: Figures) -> str:
    """Sentences: how much worse the calibration is on families and babies that it has not met."""
    sentences = []
    for detector, figures in found.items():
        one = figures["calibration"]
        losses = f"log loss {one['log_loss_fitted']:.4f} fitted and {one['log_loss_left_out']:.4f} left out"
        error = f"expected error {one['expected_error_fitted']:.4f} and {one['expected_error_left_out']:.4f}"
        sentences.append(f"{detector}: {losses}; {error}; worst family left out: {one['worst_family']}.")
    return "\n".join(f"- {sentence}" for sentence in sentences)


def operating_point_text(found: Figures) -> str:
    """Everything, as the block of the model card."""
    return "\n\n".join([points_table(found), left_out_table(found), calibration_text(found)])
