"""The one command runs the steps that cry.json tells of, in an order in which each finds what it needs."""

import importlib
import json

from training.data.paths import MODELS
from training.release.reproduce import steps


def test_the_steps_are_those_of_the_shipped_file() -> None:
    made = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))["made_by"]
    commands = steps(made)
    trained = [step for step in commands if step[0] == "training.model.train"]
    assert [step[step.index("--steps") + 1] for step in trained] == [str(one["end"]) for one in made["training"]]
    assert commands.index(trained[0]) > commands.index(
        ("training.synthesis.render", "--shards", str(made["training"][0]["shards"]))
    )
    assert commands[-1] == ("training.release.export",)


def test_every_step_is_a_command() -> None:
    made = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))["made_by"]
    for module in {step[0] for step in steps(made)}:
        assert callable(importlib.import_module(module).main)
