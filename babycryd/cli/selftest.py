"""Play the test tone now, and say whether the microphone hears the speaker. Exit 0 if it does, else 1.

The test takes three seconds, and waits for no lullaby: stop one that plays first.

examples:
  babycryd selftest
  babycryd selftest --json                 level, echo and delay, for a program
"""

import argparse

from babycryd.cli.common.daemon_command import add_daemon_arguments, show, with_daemon
from babycryd.config import Settings

HELP = "test speaker and microphone of the running daemon"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_daemon_arguments(parser)


def execute(arguments: argparse.Namespace) -> int:
    def work(settings: Settings) -> int:
        from babycryd.cli.common.running_daemon import ask

        answer = ask(settings, "test")
        show(arguments, answer, str(answer["text"]))
        return 0 if answer["verdict"] == "heard" else 1

    return with_daemon("selftest", arguments, work)
