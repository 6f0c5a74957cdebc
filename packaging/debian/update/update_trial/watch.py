"""Watch over a trial to its end: the judgement, and what follows from it."""

from update_trial.commands import Failed, run, say
from update_trial.package import dpkg_locked, installed, is_newer
from update_trial.pins import refused, write_pins
from update_trial.places import Places
from update_trial.rooms import why_not
from update_trial.trial import Trial, forget, read, save
from update_trial.way_back import undo

MOST_STARTS = 5  # of one trial: an update that takes the computer down with it
WATCHED = {"BABYCRYD_WATCHED": "1"}  # tells postinst not to start this program anew, which would end it


def watch(places: Places) -> None:
    """Watch the trial, if there is one. Raises Failed, OSError: the next start goes on."""
    trial = read(places)
    if trial is None:
        return
    if installed() == ("installed", trial["from"]) and not trial["undo"]:
        forget(places)  # the upgrade never began
        return
    if not trial["undo"]:
        trial["starts"] += 1
        save(places, trial)
        trial["undo"] = judged(places, trial)
        if read(places) is None:  # ended from outside meanwhile, as by the owner's own way back
            return
        if trial["undo"]:
            save(places, trial)
    if trial["undo"]:
        undo(places, trial, trial["undo"])
    else:
        _accept(places, trial)
    run("/usr/bin/python3", "-I", "/usr/share/babycryd/environment", "sweep")


def judged(places: Places, trial: Trial) -> str | None:
    """Return why the update must be undone; None: it stays."""
    if trial["starts"] > MOST_STARTS:
        return f"its trial was interrupted {MOST_STARTS} times"
    if (reason := why_not(trial["rooms"])) is not None:
        return reason
    with dpkg_locked(places) as ours:
        if installed()[0] in ("installed", "triggers-pending", "triggers-awaited"):
            return None
        try:  # it was interrupted, or its script failed
            run("dpkg", "--force-confold", "--configure", "babycryd", **ours, **WATCHED)
        except Failed as error:
            return f"its installation fails ({error})"
    return why_not(trial["rooms"])


def _accept(places: Places, trial: Trial) -> None:
    say(f"version {trial['to']} does what version {trial['from']} did: it stays")
    places.undone.unlink(missing_ok=True)
    write_pins(places, [each for each in refused(places) if is_newer(each, trial["to"])])
    forget(places)
