"""List the models of the model channel, take a new one on trial, let it decide, or go back to the one before.

examples:
  babycryd model list                   which model decides, which one is tried, and where both differ
  babycryd model update                 take the newest model of model_channel.source; it hears in the shadow
  babycryd model switch                 let it decide once its trial has passed (--now: earlier)
  babycryd model rollback               drop the model on trial, else go back to the model before
A running daemon follows within seconds; where another model decides, it starts again as soon as no baby cries.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime

from babycryd.cli.common.configured import EXIT_CONFIG, add_config_argument, why, with_settings
from babycryd.config import ConfigError, Settings, state_folder
from babycryd.core.counting import counted
from babycryd.model_channel.choice import BY_OWNER, Choice, ChoiceError
from babycryd.model_channel.comparison import HOUR_S, Tally, verdict
from babycryd.model_channel.naming import NAMES, name_of
from babycryd.model_channel.store import ModelStore, StoreError

HELP = "take a newer model, try it beside this one, and go back"
_ACTIONS = ("list", "update", "switch", "rollback")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=_ACTIONS, help="what to do")
    parser.add_argument("--again", action="store_true", help="update: also a model that was rolled back before")
    parser.add_argument("--now", action="store_true", help="switch: also before the trial has passed")
    parser.add_argument("--json", action="store_true", help="list: one JSON object, for programs")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _execute(settings, arguments))


def _execute(settings: Settings, arguments: argparse.Namespace) -> int:
    from babycryd.model_channel.update import UpdateError

    store = ModelStore(state_folder(settings, os.environ))
    actions: dict[str, Callable[[], int]] = {
        "list": lambda: _list(settings, store, as_json=arguments.json),
        "update": lambda: _update(settings, store, again=arguments.again),
        "switch": lambda: _switch(settings, store, now=arguments.now),
        "rollback": lambda: _rollback(store),
    }
    try:
        return actions[arguments.action]()
    except (StoreError, ChoiceError, UpdateError) as error:
        sys.stderr.write(f"babycryd model: {why(error)}\n")
        return 1


def _list(settings: Settings, store: ModelStore, *, as_json: bool) -> int:
    choice = store.choice()
    tally = store.tally(choice) if choice.phase != "none" else Tally()
    if as_json:
        told = asdict(choice) | {"phase": choice.phase, "enabled": bool(settings.model_channel.source)}
        sys.stdout.write(json.dumps(told | {"comparison": asdict(tally)}) + "\n")
        return 0
    if not settings.model_channel.source:
        sys.stdout.write("the model channel is off (model_channel.source): the shipped model decides\n")
        return 0
    sys.stdout.writelines(f"{line}\n" for line in _lines(settings, choice, tally))
    return 0


def _lines(settings: Settings, choice: Choice, tally: Tally) -> Iterator[str]:
    yield f"decides:    {name_of(choice.in_use)}"
    if choice.why:
        yield f"            {choice.why}"
    if choice.phase != "none":
        yield f"{choice.phase + ':':<11} {name_of(choice.candidate)}, beside {name_of(_other(choice))}"
        wanted_h = settings.model_channel.shadow_hours
        lost = f"; {tally.lost_hops} quarter seconds not heard, as the computer was busy" if tally.lost_hops else ""
        yield f"            {tally.heard_s / HOUR_S:.1f} of {wanted_h:g} h compared{lost}"
        counts = f"{tally.only_candidate} by the new model only, {tally.only_reference} by the old one only"
        yield f"            {counted(tally.both, 'cry')} heard by both, {counts}"
        for each in tally.differences:
            at = datetime.fromtimestamp(each.utc_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
            yield f"            {at}  {each.duration_s:5.0f} s  {each.confidence:.2f}  only {NAMES[each.only]}"
        if choice.phase == "trial" and verdict(tally, settings.model_channel) == "passed":
            yield "            its trial has passed; to let it decide: babycryd model switch"
    yield from (f"rolled back: {name_of(refused)}" for refused in choice.refused)


def _other(choice: Choice) -> str | None:
    return choice.in_use if choice.phase == "trial" else choice.previous


def _update(settings: Settings, store: ModelStore, *, again: bool) -> int:
    from babycryd.cli.common.model_source import model_source
    from babycryd.detect.tflite import shipped_classifier
    from babycryd.model_channel.source import SourceError
    from babycryd.model_channel.update import UpdateError, update

    try:
        source = model_source(settings)
    except SourceError as error:
        raise UpdateError(str(error)) from error
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    key = settings.model_channel.public_key or ""
    choice = update(source, store, key, shipped_classifier().sha256, again=again)
    hours = settings.model_channel.shadow_hours
    sys.stdout.write(f"{name_of(choice.candidate)} hears in the shadow for {hours:g} h; see: babycryd model list\n")
    return 0


def _switch(settings: Settings, store: ModelStore, *, now: bool) -> int:
    choice = store.choice()
    tally = store.tally(choice)
    if choice.phase == "trial" and not now and verdict(tally, settings.model_channel) != "passed":
        wanted_h, heard_h = settings.model_channel.shadow_hours, tally.heard_s / HOUR_S
        raise ChoiceError(f"its trial has not passed yet ({heard_h:.1f} of {wanted_h:g} h); add --now to switch now")
    switched = store.change(Choice.switched)
    sys.stdout.write(f"{name_of(switched.in_use)} decides from the daemon's next start, as soon as no baby cries\n")
    return 0


def _rollback(store: ModelStore) -> int:
    before = store.choice()
    after = store.change(lambda now: now.rolled_back(BY_OWNER))
    sys.stdout.write(f"{name_of(before.candidate or before.in_use)} is dropped; {name_of(after.in_use)} decides\n")
    return 0
