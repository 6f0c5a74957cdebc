"""Model card: writes the figures and pictures of docs/model-card.md.

    python -m training.evaluation.model_card     after training.evaluation.evaluate

People write the prose of the card. This program replaces the blocks between `<!-- name -->` and `<!-- /name -->`. The
blocks of `training.release.operating_point`, `training.evaluation.home_days` and `training.evaluation.adaptation` keep
what stands in them where these programs have not run.
"""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from training.data.manifest import is_trained_on_manifest, load_manifest
from training.data.paths import MODELS, REPOSITORY, WORK
from training.data.sources import sources_table
from training.evaluation.adaptation import MARKS_TABLE
from training.evaluation.comparison import Sides, by_baby, by_family, by_snr, side_title, summary
from training.evaluation.evaluate import EVALUATION, table
from training.evaluation.home_days import HOME_DAYS
from training.evaluation.home_results import days_text
from training.evaluation.operating_point_text import OPERATING_POINT, operating_point_text
from training.evaluation.plots import PICTURES, draw_all

SOURCES: Final = {"sources": "cry.json", "second sources": "second.json"}  # block -> description of its model
CARD: Final = REPOSITORY / "docs" / "model-card.md"


def replace_block(text: str, name: str, content: str) -> str:
    """The text with the block `name` replaced. Raises ValueError unless the block stands there exactly once."""
    pattern = re.compile(rf"<!-- {name} -->\n.*?<!-- /{name} -->", re.DOTALL)
    replaced, count = pattern.subn(lambda _: f"<!-- {name} -->\n{content.strip()}\n<!-- /{name} -->", text)
    if count != 1:
        raise ValueError(f"{CARD.name}: the block <!-- {name} --> stands there {count} times; it must stand once")
    return replaced


def _training_run(one: dict[str, int], per_shard: int) -> str:
    steps, segments = one["end"] - one["begin"], one["shards"] * per_shard
    return f"{steps:,} steps of {one['batch']} on {segments:,} rendered segments of 10 s"


def facts(described: dict[str, Any], ours: dict[str, Any]) -> str:
    """Block of facts: size, checksum, speed, threshold, training."""
    made, votes = described["made_by"], described["votes"]
    runs = "; ".join(_training_run(one, made["segments_per_shard"]) for one in made["training"])
    size = f"{described['bytes'] / 1000:.0f} kB, sha256 `{described['sha256'][:16]}…`"
    lines = [
        f"File: {size}, trained on {described['trained_on']}, architecture `{made['architecture']}`.",
        f"One hop of 0.24 s takes {ours['microseconds_per_hop']} us on one thread of the computer it was judged on.",
        f"Default threshold: **{described['threshold']:g}**, {votes['needed']} of {votes['windows']} hops.",
        f"Trained, one after the other: {runs}.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _named(rows: dict[str, Any], title: str) -> str:
    cells = [f"| {name} | {one['recall']:.2f} | {one['events']} |" for name, one in rows.items()]
    return "\n".join([f"| {title} | recall | cries |", "|---|---|---|", *cells])


def breakdown(ours: dict[str, Any]) -> str:
    """Recall by bed and microphone, causes of false alarms, scores of the shipped lullabies."""
    scenes = ours["scenes"]
    alarms = [f"{kind} {one['alarms']} (sounded {one['sounded']})" for kind, one in scenes["false_alarms_by"].items()]
    clips = [f"{kind} {count}" for kind, count in ours["clips"]["fired"].items()]
    own = [f"{name} {score:.2f}" for name, score in ours["shipped_lullabies_alone"].items()]
    heard = f"False alarms in {scenes['hours']} hours with {scenes['distractors']} distractors"
    said = [
        f"{heard}: {', '.join(alarms) or 'none'}.",
        f"Negative clips that fired: {', '.join(clips) or 'none'}.",
        f"Highest voted score while a shipped lullaby plays alone: {', '.join(own)}.",
    ]
    tables = [_named(scenes["recall_by_bed"], "bed"), _named(scenes["recall_by_microphone"], "microphone")]
    return "\n\n".join([*tables, " ".join(said)])


def calibration_text(found: dict[str, Any]) -> str:
    """Paragraph on the calibration: log loss of each method, error before and after."""
    losses = ", ".join(f"{name} {loss:.4f}" for name, loss in found["log_loss"].items())
    before, after = found["expected_error"]["before"], found["expected_error"]["after"]
    scenes = f"In the scenes a cry sounds in {found['share_of_cries_in_scenes']:.0%} of those hops"
    share = f"{scenes}; they are weighed as if it were {found['prior']:.0%}."
    error = f"Expected calibration error {before:.3f} before, {after:.3f} after (on the scenes it was fitted to)."
    return f"Cross-validated log loss by halves of the val scenes: {losses}. {error} {share}"


def daemon(found: dict[str, float]) -> str:
    """List of the figures of the daemon's whole pipeline on the val scenes."""
    lines = [
        f"cries found: {found['recall']:.3f}, of those at SNR 0 dB and up {found['recall_snr_0_up']:.3f}",
        f"false episodes an hour: {found['false_episodes_per_hour']:.2f}",
        f"latency: median {found['latency_median_s']} s, 95th percentile {found['latency_p95_s']} s",
        f"the gate was open, and the classifier at work, for {found['gate_open']:.0%} of the time",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _by_side(sides: Sides, block: Callable[[dict[str, Any]], str]) -> str:
    """A block for each side, from the report of our detector."""
    parts = [f"**{side_title(side)}**\n\n{block(next(iter(reports.values())))}" for side, reports in sides.items()]
    return "\n\n".join(parts)


def computed_elsewhere(folder: Path = WORK) -> dict[str, str]:
    """Blocks from the files of other programs, where these have run."""
    found = {}
    if (marks := folder / MARKS_TABLE.name).exists():
        found["ten marks"] = marks.read_text(encoding="utf-8")
    if (points := folder / OPERATING_POINT.name).exists():
        found["operating points"] = operating_point_text(json.loads(points.read_text(encoding="utf-8"))["detectors"])
    if (days := folder / HOME_DAYS.name).exists():
        found["homes"] = days_text(json.loads(days.read_text(encoding="utf-8")))
    return found


def fill_card(text: str, described: dict[str, dict[str, Any]], sides: Sides, elsewhere: dict[str, str]) -> str:
    """The card with its blocks replaced; `described`: content of cry.json and second.json, by file.

    A table of sources is replaced only if the model of its file was trained on the present manifest.
    """
    first = described["cry.json"]
    ours = next(iter(next(iter(sides.values())).values()))
    blocks = {
        "facts": facts(first, ours),
        "summary": summary(sides),
        "families": by_family(sides),
        "snr": "\n\n".join(f"**{side_title(side)}**\n\n{by_snr(reports)}" for side, reports in sides.items()),
        "babies": by_baby(sides),
        "figures": "\n\n".join(f"**{side_title(side)}**\n\n{table(reports)}" for side, reports in sides.items()),
        "breakdown": _by_side(sides, breakdown),
        "daemon": _by_side(sides, lambda report: daemon(report["daemon"])),
        "calibration": calibration_text(first["made_by"]["calibration"]),
        **elsewhere,
    }
    for name, file in SOURCES.items():
        if is_trained_on_manifest(described[file]["made_by"]):  # otherwise the block keeps the sources of the training
            blocks[name] = sources_table(load_manifest())
    for name, content in blocks.items():
        text = replace_block(text, name, content)
    return text


def main() -> None:
    """Write the blocks of the card and draw its pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--evaluation", type=Path, default=EVALUATION, help="figures that training.evaluation.evaluate wrote"
    )
    parser.add_argument(
        "--card", type=Path, default=CARD, help="page whose blocks are written; `pictures` lies beside it"
    )
    options = parser.parse_args()
    described = {file: json.loads((MODELS / file).read_text(encoding="utf-8")) for file in SOURCES.values()}
    sides = json.loads(options.evaluation.read_text(encoding="utf-8"))
    card = fill_card(options.card.read_text(encoding="utf-8"), described, sides, computed_elsewhere())
    options.card.write_text(card, encoding="utf-8")
    files = draw_all(sides, described["cry.json"]["made_by"]["calibration"], options.card.parent / PICTURES.name)
    print(f"{options.card} and {', '.join(file.name for file in files)}; look at them")


if __name__ == "__main__":
    main()
