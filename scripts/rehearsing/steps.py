"""Steps of the rehearsal, each a few commands, and what must be done before."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TESTS: Final = "tests/unit/training/cloud"
DATASET: Final = "test.rehearsal"
INPUTS: Final = "small"  # name of the inputs in the bucket
MOST_CLIPS: Final = "100"  # of the features and the new scores


@dataclass(frozen=True, slots=True)
class Step:
    """One step: commands that run one after the other until one fails."""

    name: str
    about: str
    commands: tuple[tuple[str, ...], ...]
    after: tuple[str, ...] = ()  # steps that must be done before
    needs: tuple[str, ...] = ()  # programs without which it is left out
    small: bool = False  # whether it sees only the small corpus


@dataclass(frozen=True, slots=True)
class Places:
    """Where the steps find things."""

    folder: Path  # deleted at the end
    bucket: str
    version: str  # of the small corpus


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """Command that runs a module with this Python."""
    return (sys.executable, "-m", name, *arguments)


def tests(*names: str) -> tuple[str, ...]:
    """Command that runs tests of the cloud; a name with a slash is a whole path."""
    files = [name if "/" in name else f"{TESTS}/test_{name}.py" for name in names]
    return module("pytest", "-q", "-p", "no:cacheprovider", "--no-header", *files)


def steps(places: Places) -> list[Step]:
    """Every step; where several can begin, the first of them does."""
    channel = (f"{TESTS}/test_sign.py", "tests/unit/model_channel/test_update.py", "tests/unit/cli/test_model.py")
    return [
        *training_steps(places),
        *warehouse_steps(places.folder),
        Step("notebooks", "both notebooks in papermill", (tests("notebooks"),)),
        Step("failures", "bucket gone, half a shard, a killed job", (tests("upload", "dataflow", "load", "gate"),)),
        Step("train", "a killed training goes on from its checkpoint", (tests("train"),)),
        Step("channel", "a signed model to a device; wrong signatures, half files, a full disk", (tests(*channel),)),
        Step("job", "the job's parts, and its submission to Vertex AI", (tests("job", "submit"),)),
        Step("money", "the table of costs", (module("training.cloud.money"),)),
    ]


def training_steps(places: Places) -> list[Step]:
    """Steps from the recordings in the bucket to the training in its container."""
    upload = module("training.cloud.upload", places.bucket)
    brought = ("--bring", places.version, "--to", str(places.folder / "brought"))
    bring = module("training.cloud.inputs", places.bucket, *brought)
    render = module("scripts.rehearsing.small_inputs", places.bucket, str(places.folder), INPUTS)
    given = (places.bucket, places.version, INPUTS)
    container, promotion = (module(f"scripts.rehearsing.{name}", *given) for name in ("container", "promotion"))
    worker = module("scripts.rehearsing.worker", "build"), module("scripts.rehearsing.worker", str(places.folder))
    built, trained = "its image, which needs a network the first time", "the whole job in it, killed and gone on"
    engine = ("podman", "debootstrap", "nsenter")
    return [
        Step("upload", "recordings into the bucket, and again: nothing is sent", (upload, upload), small=True),
        Step("inputs", "recordings back; shards and scenes rendered and sent", (bring, render), after=("upload",)),
        Step("image", built, (module("scripts.rehearsing.container", "build"),), needs=engine),
        Step("container", trained, (container,), after=("inputs", "image"), needs=engine),
        Step("promotion", "the same of a model that wins: promoted", (promotion,), ("container",), engine),
        Step("worker", "Beam with its workers in their container: rows compared", worker, ("inputs",), engine),
    ]


def warehouse_steps(folder: Path) -> list[Step]:
    """Steps of Beam, DuckDB and BigQuery."""
    rescored, key, home = (
        str(folder / "rescored"),
        ("--key-file", str(folder / "owner.key")),
        str(folder / "home.duckdb"),
    )
    beam = ("--most", MOST_CLIPS, "--output")
    features = module("training.cloud.dataflow", "features", *beam, str(folder / "features"))
    rescore = module("training.cloud.dataflow", "rescore", *beam, rescored)
    files = ("--episodes", str(folder / "cries.json"), "--scores", rescored)
    load = (*files, "--device", "nursery", *key, "--cards", "babycryd/detect/models/cry.json")
    into_duckdb, into_bigquery = (module("training.cloud.load", target, *load) for target in (home, DATASET))
    ask_duckdb, ask_bigquery = (module("training.cloud.ask", target) for target in (home, DATASET))
    delete = module("training.cloud.load", DATASET, "--delete-device", "nursery", *key)
    bigquery = (into_bigquery, ask_bigquery, delete)
    return [
        Step("rescore", "Beam: scores of clips", (rescore,), small=True),
        Step("home", "a home and the scores into DuckDB, and five questions", (into_duckdb, ask_duckdb), ("rescore",)),
        Step("bigquery", "the same in BigQuery's emulator, and deletion", bigquery, ("rescore",)),
        Step("features", "Beam: features of clips", (features,), small=True),
    ]
