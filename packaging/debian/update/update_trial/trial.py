"""The trial as a file, and what is kept for the way back when an upgrade begins."""

import json
import os
import shutil
from typing import TypedDict

from update_trial.commands import say
from update_trial.files import write
from update_trial.package import installed, is_newer, repack
from update_trial.places import Places
from update_trial.rooms import levels

# The file's fields; one version of the package writes it, and another one reads it
Trial = TypedDict(
    "Trial",
    {
        "from": str,  # version
        "to": str,
        "rooms": dict[str, int],  # what each did before, by its unit
        "environment": str,  # name of that of the version before; empty: none is known
        "starts": int,  # of the watch
        "undo": str | None,  # why the update is undone
    },
)


def read(places: Places) -> Trial | None:
    """Return the trial; None: there is none. A damaged file is none."""
    try:
        trial: Trial = json.loads(places.trial.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        say(f"{places.trial} cannot be read ({error}): no trial")
        return None
    return trial


def save(places: Places, trial: Trial) -> None:
    """Write the trial. Raises OSError."""
    write(places.trial, json.dumps(trial))


def is_watched(places: Places) -> bool:
    """Return whether there is a trial that has not led to a way back."""
    trial = read(places)
    return trial is not None and not trial["undo"]


def keep(places: Places, new: str) -> None:
    """Begin the trial of an upgrade: keep package and configuration, and what the rooms do. Raises Failed, OSError."""
    trial = read(places)
    if trial and trial["undo"]:
        return
    _, old = installed()
    if not is_newer(new, old):
        forget(places)  # the owner goes back by hand
        return
    if trial:  # another update before the end of the trial: the last version that is known to work is kept already
        save(places, {**trial, "to": new, "starts": 0})
        return
    if not (wanted := levels()):
        return
    places.former.parent.mkdir(parents=True, exist_ok=True)
    repack(places, places.former)
    shutil.rmtree(places.kept_config, ignore_errors=True)
    places.kept_config.mkdir(parents=True, mode=0o700)
    for path in places.config.glob("*.yaml"):
        shutil.copy2(path, places.kept_config)
    os.sync()
    environment = str(places.current.readlink()) if places.current.is_symlink() else ""
    save(places, {"from": old, "to": new, "rooms": wanted, "environment": environment, "starts": 0, "undo": None})


def forget(places: Places) -> None:
    """End the trial; the package of the version before stays, for the owner."""
    places.trial.unlink(missing_ok=True)
    shutil.rmtree(places.kept_config, ignore_errors=True)
