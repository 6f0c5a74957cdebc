"""Run the daemon: listen, decide, soothe, report to the home, until SIGTERM or Ctrl-C.

examples:
  babycryd run
  babycryd run --config my.yaml
  babycryd run --recording night.flac      plays a file in real time as if it were the microphone
SIGHUP reads the configuration again.
"""

import argparse
import asyncio
from typing import TYPE_CHECKING

from babycryd.capture.portaudio import begin_trial
from babycryd.cli.common.configured import add_config_argument
from babycryd.system.memory import keep_memory_small
from babycryd.system.process_exit import leave_at_once

if TYPE_CHECKING:
    from babycryd.config import Settings

HELP = "run the daemon"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_argument(parser)
    parser.add_argument("--recording", metavar="FILE", help="play this file as if it were the microphone, then end")
    parser.add_argument("--log-format", choices=("text", "json"), help="how log lines look, in place of log.format")


def execute(arguments: argparse.Namespace) -> int:
    keep_memory_small()
    runner = asyncio.Runner()
    if not arguments.recording:
        runner.run(begin_trial())  # before anything else is loaded, as the microphone waits for it

    from babycryd.cli.common.daemon_process import ConfiguredRun, run_daemon

    configured = ConfiguredRun(arguments.config, lambda settings: _changed(settings, arguments))
    leave_at_once(run_daemon(configured.read, editor_of=configured.editor, runner=runner))


def _changed(settings: "Settings", arguments: argparse.Namespace) -> "Settings":
    """Return the settings with what the command line says."""
    from dataclasses import replace

    if arguments.recording:
        capture = replace(settings.capture, source="recording", file=arguments.recording)
        settings = replace(settings, capture=capture)
    if arguments.log_format:
        settings = replace(settings, log=replace(settings.log, format=arguments.log_format))
    return settings
