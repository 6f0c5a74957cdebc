"""Show which sounds have calmed this baby, with figures, forget them, or measure how loud they are at the cot.

With soothing.strategy ladder or learning, babycryd notes how each sound ended that it tried. A sound has calmed the
baby where the crying ended within five minutes and two quiet minutes followed. It does not count where a parent stepped
in, or where you marked the episode as not the baby. Older tries count less: half as much after two weeks.

examples:
  babycryd soothing
  babycryd soothing --json                 the same for a program
  babycryd soothing --forget               begin to learn anew
  babycryd soothing --calibrate            measure the loudness at the cot with a phone

A running daemon forgets within seconds. What the history knows of each episode stays.

--calibrate plays a noise through the speaker of `lullaby.device`, and asks what a sound level meter (an app that shows
dB(A)) shows where the baby's head lies. It takes two minutes, once. From then on page and MQTT tell every volume in
dB(A), and no sound is louder at the cot than lullaby.max_dba. Measure again after another speaker, another place for
it, or another setting of its own volume. The page has the same under "Measure the loudness". Use the page where a
running babycryd holds the speaker.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from babycryd.cli.common.configured import add_config_argument, why, with_settings
from babycryd.cli.common.running_daemon import tell_of_demo
from babycryd.config import Settings, state_folder
from babycryd.core.counting import counted
from babycryd.core.event_text import duration_text
from babycryd.core.soothing_events import SoothingLearnt, SoundFigures
from babycryd.soothe.beliefs import SURE, learnt
from babycryd.soothe.memory_file import MemoryFileError
from babycryd.soothe.memory_store import MemoryStore
from babycryd.soothe.tracks import list_tracks

HELP = "show which sounds have calmed this baby, or measure the loudness at the cot"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--forget", action="store_true", help="delete what was learnt")
    form.add_argument("--calibrate", action="store_true", help="measure the loudness at the cot, with a phone's meter")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _execute(arguments, settings))


def _execute(arguments: argparse.Namespace, settings: Settings) -> int:
    folder = state_folder(settings, os.environ)
    if arguments.calibrate:
        return _calibrate(settings, folder)
    if not arguments.forget:
        tell_of_demo("soothing", settings)
    store = MemoryStore(folder)
    try:
        if arguments.forget:
            done = store.delete()
            sys.stdout.write("what was learnt is deleted\n" if done else "there was nothing to forget\n")
            return 0
        tries = store.look()
    except MemoryFileError as error:
        sys.stderr.write(f"babycryd soothing: {why(error)}\n")
        return 1
    sounds = tuple(each.name for each in list_tracks(settings.lullaby.folder))
    figures = learnt(tries, sounds, 0.0, time.time())
    sys.stdout.write(_json(figures, settings) if arguments.json else _text(figures, settings))
    return 0


def _calibrate(settings: Settings, folder: Path) -> int:
    from babycryd.cli.common.calibration import calibrate, played_test_sound  # the man page needs no player
    from babycryd.control.loudness import LoudnessFile

    return calibrate(settings.lullaby, LoudnessFile(folder), lambda: played_test_sound(settings.lullaby.device))


def _json(figures: SoothingLearnt, settings: Settings) -> str:
    fields = {key: value for key, value in asdict(figures).items() if key != "at_s"}
    return json.dumps({"strategy": settings.soothing.strategy, **fields}, ensure_ascii=False) + "\n"


def _text(figures: SoothingLearnt, settings: Settings) -> str:
    width = max([len("sound"), *(len(each.sound) for each in figures.sounds)])
    lines = [
        f"soothing.strategy is {settings.soothing.strategy}",
        "",
        f"{'sound':{width}}  tries  calmed  median       is best",
        *(_line(each, width) for each in figures.sounds),
        "",
        f"{figures.best} calms this baby best" if figures.best else f"too early to tell (best is below {SURE:.0%})",
    ]
    if figures.silences:
        lines.append(
            f"it settled alone in {figures.settled} of {counted(figures.silences, 'silence')} before the first sound"
        )
    return "\n".join(lines) + "\n"


def _line(figures: SoundFigures, width: int) -> str:
    share = f"{figures.calmed / figures.tries:.0%}" if figures.tries else "-"
    median = "-" if figures.median_s is None else duration_text(figures.median_s)
    return f"{figures.sound:{width}}  {figures.tries:5}  {share:>6}  {median:<11}  {figures.p_best:.0%}"
