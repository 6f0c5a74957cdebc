"""Process of the daemon: reads the settings, opens the microphone while the daemon's parts load, and serves."""

import asyncio
import datetime as dt
import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from babycryd.capture.portaudio import cancel_trial
from babycryd.capture.source import CaptureError, Source
from babycryd.cli.common.configured import EXIT_CONFIG
from babycryd.config import ConfigError, ConfigReader, Settings, find_config, state_folder
from babycryd.system.log import set_up_logging
from babycryd.system.process_exit import start_again

if TYPE_CHECKING:
    from babycryd.daemon.daemon import Daemon
    from babycryd.editing.editor import ConfigEditor

log = logging.getLogger(__name__)

EditorOf = Callable[[Settings], "ConfigEditor"]


class ConfiguredRun:
    """Settings and editor of a daemon whose configuration is a file, or the built-in defaults."""

    def __init__(self, config: str | None, changed: Callable[[Settings], Settings]) -> None:
        """`config`: of the command line; `changed` puts the command line's other wishes into the settings."""
        self._reader = ConfigReader(config, os.environ)
        self._changed = changed
        self._path: Path | None = find_config(config, os.environ)

    def read(self) -> Settings:
        """Return the settings. Raises ConfigError."""
        return self._changed(self._reader.read())

    def editor(self, settings: Settings) -> "ConfigEditor":
        """Return what changes the configuration for the page."""
        from babycryd.editing.editor import ConfigEditor

        folder = state_folder(settings, os.environ)
        return ConfigEditor(self._path, folder, lambda: dt.datetime.now().astimezone().date())


def run_daemon(
    read_settings: Callable[[], Settings],
    source: Source | None = None,
    editor_of: EditorOf | None = None,
    runner: asyncio.Runner | None = None,
) -> int:
    """Run the daemon until it is stopped; return 0, 1 after a failure, 2 for a bad configuration.

    Where the page asks for a restart, this process begins anew and nothing is returned. `source`: replaces the one that
    the settings name; `editor_of` returns what changes the configuration for the page, None: nothing does. `runner`:
    one in whose loop PortAudio is tried already.
    """
    runner = asyncio.Runner() if runner is None else runner
    try:
        settings = read_settings()
        set_up_logging(settings.log.format, settings.log.level)
        from babycryd.detect.tflite import ModelError

        executor = ThreadPoolExecutor(thread_name_prefix="asyncio")
        runner.get_loop().set_default_executor(executor)
        try:
            daemon = runner.run(_built(settings, read_settings, source, editor_of))
        except BaseException:
            runner.close()
            raise
        return _serve(runner, daemon, executor)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    except ModelError as error:
        sys.stderr.write(f"babycryd: {error}\n")
        return 1


async def _built(
    settings: Settings, read_settings: Callable[[], Settings], source: Source | None, editor_of: EditorOf | None
) -> "Daemon":
    """Return the daemon; the microphone opens while its parts are loaded. Raises ModelError, ConfigError."""
    if source is None and settings.capture.chosen_source == "microphone":
        source = _opening_microphone(settings)
    else:
        cancel_trial()
    await asyncio.to_thread(_load_daemon)
    from babycryd.daemon.daemon import Daemon
    from babycryd.daemon.vital_parts import Hardware

    return Daemon(settings, read_settings, Hardware(source), editor_of(settings) if editor_of else None)


def _opening_microphone(settings: Settings) -> Source:
    from babycryd.capture.microphone import Microphone

    microphone = Microphone(settings.capture)
    microphone.begin_opening()
    return microphone


def _load_daemon() -> None:
    import babycryd.daemon.daemon  # noqa: F401  # loaded here, in a thread, and used from the loop


def _serve(runner: asyncio.Runner, daemon: "Daemon", executor: ThreadPoolExecutor) -> int:
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
