"""Check everything that has to work for a cry to be heard and reported; one line each.

examples:
  babycryd doctor
  babycryd doctor --notify           also sends a test to every recipient of alerts
  babycryd doctor --bundle           also packs what a bug report needs, without secrets, into an archive

exit codes: 0 every check is good, 1 one is bad, 2 the configuration is wrong
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from babycryd.cli.common.configured import EXIT_CONFIG, add_config_argument, with_settings
from babycryd.config import (
    ConfigError,
    Settings,
    device_id,
    find_config,
    load,
    load_in_force,
    read_secret,
    state_folder,
)
from babycryd.config.access import secret_reader
from babycryd.config.file_checks import file_problems
from babycryd.config.load import read_text
from babycryd.config.page_file import page_file_status
from babycryd.core.check_result import CheckResult
from babycryd.core.printable import printable
from babycryd.monitoring.device_checks import CheckedSettings, ReadSecret, device_checks
from babycryd.system.files import AS_THE_DAEMON

HELP = (
    "check microphone, speaker, lullabies, echo, model, disk, broker, bucket, page; says what is wrong and what helps"
)
_LONGEST_TEXT: Final = 1000  # characters
_MARKS: Final = {True: "good", False: "BAD ", None: "  - "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_argument(parser)
    parser.add_argument("--notify", action="store_true", help="send a test message to every recipient of alerts")
    parser.add_argument(
        "--bundle",
        nargs="?",
        const="",
        metavar="FILE",
        help="write an archive for a bug report (default: a name by time)",
    )


def execute(arguments: argparse.Namespace) -> int:
    printed: list[str] = []
    if arguments.bundle is None:
        return with_settings(arguments, lambda settings: asyncio.run(_run_checks(settings, printed, arguments)))
    settings, problem = None, None
    try:
        settings = load_in_force(find_config(arguments.config, os.environ), os.environ)
        code = asyncio.run(_run_checks(settings, printed, arguments))
    except ConfigError as wrong:  # a bug report can be about a wrong configuration, too
        sys.stderr.write(f"{wrong}\n")
        problem, code = wrong, EXIT_CONFIG
    from babycryd.cli.common.bundle import DoctorRun, default_name, write_bundle  # no other command needs it

    run = DoctorRun(settings, problem, arguments.config, "".join(printed) or "not checked\n")
    path = Path(arguments.bundle or default_name(time.time()))
    try:
        names = write_bundle(path, run)
    except OSError as error:
        sys.stderr.write(f"babycryd: {path}: cannot be written ({error.strerror}); give another name: --bundle FILE\n")
        return 1
    sys.stdout.write(
        f"{path}: {', '.join(names)}\nNo secrets are meant to be in it; look through it before you send it.\n"
    )
    return code


async def _run_checks(settings: Settings, printed: list[str], arguments: argparse.Namespace) -> int:
    """Print every result, and add it to `printed`. Return the exit code."""
    all_well = True
    async for result in _results(settings, arguments):
        printed.append(f"{_MARKS[result.good]}  {result.what:<18}  {printable(result.text, _LONGEST_TEXT)}\n")
        sys.stdout.write(printed[-1])
        sys.stdout.flush()
        all_well = all_well and result.good is not False
    return 0 if all_well else 1


async def _results(settings: Settings, arguments: argparse.Namespace) -> AsyncIterator[CheckResult]:
    """Yield every result. `arguments.notify`: a test message goes to every recipient of alerts."""
    async for result in device_checks(_checked(settings)):
        yield result
    from babycryd.notify.diagnosis import diagnose
    from babycryd.notify.message import Home

    home = Home(device_id(settings), settings.device.room, settings.notify.language)
    async for result in diagnose(settings.notify, home, secret_reader(os.environ), send=arguments.notify):
        yield result
    yield _model_channel(settings)
    yield _page(settings)
    if (made := _page_settings(find_config(arguments.config, os.environ))) is not None:
        yield made


def _model_channel(settings: Settings) -> CheckResult:
    """Check the models of the channel, which is off with a function in the cloud that judges by the shipped one."""
    from babycryd.model_channel.diagnosis import diagnose

    if settings.model_channel.source and settings.offload.enabled:
        text = "off while offload.enabled is true: the function in the cloud judges by the shipped model"
        return CheckResult("model channel", good=None, text=text)
    return diagnose(settings.model_channel, state_folder(settings, os.environ), time.time())


def _page_settings(config: Path | None) -> CheckResult | None:
    """Check the file of the settings that were made on the page; None where there is none."""
    found = page_file_status("" if config is None else read_text(config), load(config), os.environ)
    if found is None:
        return None
    return CheckResult("settings of the page", good=None if found.hidden else found.fault is None, text=str(found))


def _page(settings: Settings) -> CheckResult:
    """Check that password and certificate of the page can be used, without opening it."""
    if not settings.web.enabled:
        return CheckResult("page", good=None, text="web.enabled is false: there is no page")
    problems, closed = file_problems(settings, os.environ)
    if wrong := [str(each) for each in problems if each.key.startswith("web.")]:
        return CheckResult("page", good=False, text="; ".join(wrong))
    if any(key.startswith("web.") for key in closed):
        return CheckResult("page", good=None, text=f"its password cannot be read: {AS_THE_DAEMON}")
    return CheckResult("page", good=True, text="its password and certificate can be used, where there are any")


def _checked(settings: Settings) -> CheckedSettings:
    """Return the settings that the checks need."""

    def secret(name: str, file: str | Path | None, *, whole: bool = False) -> ReadSecret:
        def read() -> str | None:
            try:
                return read_secret(name, file, os.environ, whole=whole)
            except ConfigError as error:
                raise ValueError(str(error)) from error

        return read

    return CheckedSettings(
        device_id=device_id(settings),
        folder=state_folder(settings, os.environ),
        lullaby=settings.lullaby.enabled,
        speaker=settings.lullaby.device,
        songs=settings.lullaby.folder,
        echo=settings.echo.enabled,
        capture=settings.capture,
        mqtt=settings.mqtt,
        offload=settings.offload,
        mqtt_password=secret("mqtt_password", settings.mqtt.password_file),
        offload_key=secret("offload_key", settings.offload.key_file, whole=True),
        capture_password=secret("capture_password", settings.capture.password_file),
    )
