"""The way back to the version before. Every step may be made twice: a power cut may end each."""

import shutil

from update_trial.commands import run, say
from update_trial.files import sync_folder, write
from update_trial.package import dpkg_locked
from update_trial.pins import refuse, refused, write_pins
from update_trial.places import Places
from update_trial.rooms import why_not
from update_trial.trial import Trial, forget


def undo(places: Places, trial: Trial, reason: str) -> None:
    """Bring the version before back, and tell it. Raises Failed, OSError."""
    say(f"version {trial['to']}: {reason}; back to version {trial['from']}")
    refuse(places, trial["to"])
    if not places.former.exists():
        write(places.undone, f"version {trial['to']}: {reason}; the version before is not kept any more\n")
        forget(places)
        return
    give_configuration_back(places, trial["to"])
    _go_back_at_once(places, trial)
    with dpkg_locked(places) as ours:
        run("dpkg", "--force-confold", "--install", str(places.former), **ours)
    text = f"version {trial['to']}: {reason}; version {trial['from']} runs again"
    if (also := why_not(trial["rooms"])) is not None:  # the update may not be the cause: it may be tried again
        text += f", and {also} either"
        write_pins(places, [each for each in refused(places) if each != trial["to"]])
    else:
        text += f"; to try again: sudo apt install babycryd={trial['to']}"
    say(text)
    write(places.undone, text + "\n")
    forget(places)


def give_configuration_back(places: Places, version: str) -> None:
    """Put the files back as the version before knows them; what the update made of them stays beside them."""
    for kept in places.kept_config.glob("*.yaml"):
        path = places.config / kept.name
        if path.exists() and path.read_bytes() != kept.read_bytes():
            path.replace(path.with_name(f"{path.name}.of-{version}"))
            shutil.copy2(kept, path)
            sync_folder(path.parent)


def _go_back_at_once(places: Places, trial: Trial) -> None:
    """Let the environment of the version before run again, even before dpkg's lock is free."""
    if not trial["environment"] or not (places.current.parent / trial["environment"] / "made-of").exists():
        return
    link = places.current.with_name("current.new")
    link.unlink(missing_ok=True)
    link.symlink_to(trial["environment"])
    link.replace(places.current)
    run("systemctl", "reset-failed", *trial["rooms"])
    run("systemctl", "--no-block", "restart", *trial["rooms"])
