"""Trial of an update: a version that listens no more is replaced by the version before.

    update keep NEW     before an upgrade: keeps the installed package, the configuration, and what each room does now
    update on-trial     exits with 0 while a trial is to be watched
    update watch        watches the trial to its end (babycryd-update.service): the update stays, or is undone
    update forget       ends the trial without a judgement

What a room did before decides what it must do afterwards: a room without a microphone need not listen. The update
has two minutes. The way back needs no network, and waits until no other program holds dpkg's lock. An end of this
program at any moment, such as a power cut, is made good at its next start.

The package holds this folder as one file, /usr/share/babycryd/update (packaging/zip_program.py): dpkg replaces its
files one after the other, and a power cut in between must leave the whole program of one version.
"""

import argparse
import os
import sys
from pathlib import Path

from update_trial import trial
from update_trial.commands import Failed
from update_trial.places import Places
from update_trial.watch import watch


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=["keep", "on-trial", "watch", "forget"])
    parser.add_argument("version", nargs="?", default="", help="of the update")
    parser.add_argument("--root", type=Path, default=Path("/"))
    arguments = parser.parse_args()
    places = Places(arguments.root)
    os.umask(0o022)
    try:
        match arguments.action:
            case "keep":
                trial.keep(places, arguments.version)
            case "watch":
                watch(places)
            case "forget":
                if trial.is_watched(places):
                    trial.forget(places)
            case _:
                sys.exit(0 if trial.is_watched(places) else 1)
    except (Failed, OSError) as error:
        sys.exit(f"babycryd: {error}")


if __name__ == "__main__":
    main()
