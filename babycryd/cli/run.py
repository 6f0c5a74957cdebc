"""Run the daemon: listen, decide, soothe, report to the home, until SIGTERM or Ctrl-C.

examples:
  babycryd run
  babycryd run --config my.yaml
  babycryd run --recording night.flac      plays a file in real time as if it were the microphone
SIGHUP reads the configuration again.
"""

import argparse
import asyncio
import datetime as dt
import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from babycryd.capture.portaudio import begin_trial
from babycryd.capture.source import CaptureError, Source
from babycryd.cli.common.configured import EXIT_CONFIG, add_config_argument
from babycryd.config import ConfigError, ConfigReader, Settings, find_config, state_folder
from babycryd.system.log import set_up_logging
from babycryd.system.memory import keep_memory_small
from babycryd.system.process_exit import leave_at_once, start_again

if TYPE_CHECKING:
    from babycryd.daemon.daemon import Daemon
    from babycryd.editing.editor import ConfigEditor

HELP = "run the daemon"

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_argument(parser)
    parser.add_argument("--recording", metavar="FILE", help="play this file as if it were the microphone, then end")
    parser.add_argument("--log-format", choices=("text", "json"), help="how log lines look, in place of log.format")


def execute(arguments: argparse.Namespace) -> int:
    reader = ConfigReader(arguments.config, os.environ)

    def read_settings() -> Settings:
        settings = reader.read()
        if arguments.recording:
            capture = replace(settings.capture, source="recording", file=arguments.recording)
            settings = replace(settings, capture=capture)
        if arguments.log_format:
            settings = replace(settings, log=replace(settings.log, format=arguments.log_format))
        return settings

    path = find_config(arguments.config, os.environ)
    leave_at_once(run_daemon(read_settings, editor_of=partial(_editor_of, path)))


def run_daemon(
    read_settings: Callable[[], Settings],
    source: Source | None = None,
    editor_of: Callable[[Settings], "ConfigEditor"] | None = None,
) -> int:
    """Run the daemon until it is stopped; return 0, 1 after a failure, 2 for a bad configuration.

    Where the page asks for a restart, this process begins anew and nothing is returned. `source`: replaces the one that
    the settings name; `editor_of` returns what changes the configuration for the page, None: nothing does.
    """
    try:
        settings = read_settings()
        set_up_logging(settings.log.format, settings.log.level)
        keep_memory_small()
        from babycryd.detect.tflite import ModelError

        runner = asyncio.Runner()
        try:
            daemon = runner.run(_built(settings, read_settings, source, editor_of))
        except BaseException:
            runner.close()
            raise
        return _serve(runner, daemon)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    except ModelError as error:
        sys.stderr.write(f"babycryd: {error}\n")
        return 1


async def _built(
    settings: Settings,
    read_settings: Callable[[], Settings],
    source: Source | None,
    editor_of: Callable[[Settings], "ConfigEditor"] | None,
) -> "Daemon":
    """Return the daemon; PortAudio is tried while its parts are loaded. Raises ModelError, ConfigError."""
    if source is None and settings.capture.chosen_source == "microphone":
        await begin_trial()
    from babycryd.daemon.daemon import Daemon
    from babycryd.daemon.vital_parts import Hardware

    return Daemon(settings, read_settings, Hardware(source), editor_of(settings) if editor_of else None)


def _editor_of(path: Path | None, settings: Settings) -> "ConfigEditor":
    """Return what changes the configuration in the file `path` for the page."""
    from babycryd.editing.editor import ConfigEditor

    return ConfigEditor(path, state_folder(settings, os.environ), lambda: dt.datetime.now().astimezone().date())


def _serve(runner: asyncio.Runner, daemon: "Daemon") -> int:
    executor = ThreadPoolExecutor(thread_name_prefix="asyncio")
    runner.get_loop().set_default_executor(executor)
    code = 0
    try:
        runner.run(daemon.run())
    except* Exception as failures:  # any failure is logged, and systemd starts the daemon again
        code = 1
        for failure in failures.exceptions:
            expected = isinstance(failure, CaptureError)  # its text is enough, without a traceback
            log.critical("stopped: %s", failure, exc_info=None if expected else failure)
    log.info("stopped")
    executor.shutdown(wait=False, cancel_futures=True)  # a thread that hangs is left to `system/process_exit.py`
    if daemon.starts_again and code == 0:
        start_again()
    return code
