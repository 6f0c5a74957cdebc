"""History of a training: the runs that led to the weights of a folder, as cry.json records them."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from training.synthesis.ingredients import FIRST


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One run of this program, as cry.json records it."""

    begin: int  # steps done before this run
    end: int  # steps done after it
    batch: int  # segments a step
    threads: int
    shards: int
    recipe: str = FIRST  # of the shards
    family_weight: float = 0.0
    warm: bool = False  # began with the weights of the file that was shipped then


def load_history(folder: Path) -> list[TrainingRun]:
    """Training runs that led to the weights in `folder`, oldest first; empty without a history."""
    file = folder / "history.json"
    return [TrainingRun(**one) for one in json.loads(file.read_text("utf-8"))] if file.exists() else []


def record_run(folder: Path, run_done: TrainingRun) -> None:
    """Add or update a run in the history. An interrupted run that continues with the same settings stays one run."""
    begun_before = [one for one in load_history(folder) if one.begin < run_done.begin]
    earlier = [replace(one, end=min(one.end, run_done.begin)) for one in begun_before]
    if earlier and replace(earlier[-1], begin=0, end=0) == replace(run_done, begin=0, end=0):
        run_done = replace(run_done, begin=earlier.pop().begin)
    rows = [asdict(one) for one in [*earlier, run_done]]
    (folder / "history.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
