"""Examine everything that has to work for a cry to be heard and told; one line each.

  babycryd doctor --bundle [FILE]    also pack what a bug report needs, without secrets, into an archive

exit codes: 0 all is well, 1 something is not, 2 the configuration is wrong
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from babycryd.cli.configured import EXIT_CONFIG, add_config_argument, with_settings
from babycryd.config import ConfigError, Settings, device_id, find_config, load, read_secret, state_folder
from babycryd.core.check_result import CheckResult
from babycryd.system.files import AS_THE_DAEMON

HELP = "check microphone, speaker, model, disk and broker; says what is wrong and what helps"
_LISTEN_S: Final = 1.5
_LEAST_FREE_MB: Final = 50
_BUCKET_S: Final = 5.0
_TOO_LOUD_DBFS: Final = -3.0
_MARKS: Final = {True: "good", False: "BAD ", None: "  - "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_argument(parser)
    parser.add_argument(
        "--bundle",
        nargs="?",
        const="",
        metavar="FILE",
        help="write an archive for a bug report (default: a name by time)",
    )


def execute(arguments: argparse.Namespace) -> int:
    found: list[str] = []
    if arguments.bundle is None:
        return with_settings(arguments, lambda settings: asyncio.run(_examine(settings, found)))
    settings, problem = None, None
    try:
        settings = load(find_config(arguments.config, os.environ))
        code = asyncio.run(_examine(settings, found))
    except ConfigError as wrong:  # of which a bug report can be about, too
        sys.stderr.write(f"{wrong}\n")
        problem, code = wrong, EXIT_CONFIG
    from babycryd.cli.bundle import Examined, default_name, write_bundle  # no other command needs it

    examined = Examined(settings, problem, arguments.config, "".join(found) or "not examined\n")
    path = Path(arguments.bundle or default_name(time.time()))
    try:
        names = write_bundle(path, examined)
    except OSError as error:
        sys.stderr.write(f"babycryd: {path}: cannot be written ({error.strerror}); give another name: --bundle FILE\n")
        return 1
    sys.stdout.write(
        f"{path}: {', '.join(names)}\nNo secrets are meant to be in it; look through it before you send it.\n"
    )
    return code


async def _examine(settings: Settings, found: list[str]) -> int:
    """Prints every finding, and keeps it."""
    all_well = True
    async for result in _findings(settings):
        found.append(f"{_MARKS[result.good]}  {result.what:<18}  {result.text}\n")
        sys.stdout.write(found[-1])
        sys.stdout.flush()
        all_well = all_well and result.good is not False
    return 0 if all_well else 1


async def _findings(settings: Settings) -> AsyncIterator[CheckResult]:
    yield await _microphone(settings)
    yield await asyncio.to_thread(_speaker, settings)
    yield _model()
    yield _disk(state_folder(settings, os.environ))
    async for result in _broker(settings):
        yield result
    yield await asyncio.to_thread(_bucket, settings)


async def _microphone(settings: Settings) -> CheckResult:
    import numpy as np

    from babycryd.audio.measures import clips, complaint
    from babycryd.capture.source import CaptureError, RecordingEnded
    from babycryd.capture.supervisor import source_of

    source = source_of(settings.capture)
    heard = []
    try:
        await source.open()
        async with asyncio.timeout(_LISTEN_S):
            while True:
                heard += [chunk.samples for chunk in await source.read(0.25)]
    except CaptureError as error:
        return CheckResult("microphone", good=False, text=str(error))
    except (TimeoutError, RecordingEnded):
        pass
    finally:
        await source.close(1.0)
    sound = np.concatenate(heard or [np.zeros(1, np.float32)])
    if wrong := complaint(sound):
        return CheckResult("microphone", good=False, text=f"{source.name}: {wrong}")
    level_dbfs = 10 * np.log10(np.mean(sound.astype(float) ** 2))
    if level_dbfs > _TOO_LOUD_DBFS or clips(sound):
        text = f"{source.name}: {level_dbfs:.0f} dBFS, it clips; lower its gain (alsamixer, F4)"
        return CheckResult("microphone", good=False, text=text)
    return CheckResult("microphone", good=True, text=f"{source.name}: {level_dbfs:.0f} dBFS now")


def _speaker(settings: Settings) -> CheckResult:
    from babycryd.soothe.mixer import Mixer
    from babycryd.soothe.player import PlayerError

    try:
        Mixer(settings.lullaby.device).check()
    except PlayerError as error:
        return CheckResult("speaker", good=False, text=str(error))
    return CheckResult("speaker", good=True, text=f"{settings.lullaby.device or 'the default speaker'} opens")


def _model() -> CheckResult:
    from babycryd.detect.tflite import ModelError, shipped_classifier

    try:
        return CheckResult("model", good=True, text=f"checksum {shipped_classifier().sha256[:12]} is right")
    except ModelError as error:
        return CheckResult("model", good=False, text=str(error))


def _disk(folder: Path) -> CheckResult:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        free_mb = shutil.disk_usage(folder).free // 10**6
    except OSError as error:
        who = f"{AS_THE_DAEMON}, or " if isinstance(error, PermissionError) else ""
        remedy = f"{who}give the daemon's user the right to write there, or set state_dir"
        return CheckResult("disk", good=False, text=f"{folder} cannot be written ({error.strerror}): {remedy}")
    if free_mb < _LEAST_FREE_MB:
        return CheckResult("disk", good=False, text=f"{folder}: only {free_mb} MB free; make room")
    return CheckResult("disk", good=True, text=f"{folder}: {free_mb} MB free")


def _bucket(settings: Settings) -> CheckResult:
    if not settings.offload.enabled:
        return CheckResult("bucket", good=None, text="offload.enabled is false: nothing is sent to a cloud")
    from babycryd.offload.bucket import Bucket, BucketError

    name = settings.offload.bucket or ""
    try:
        key = read_secret("offload_key", settings.offload.key_file, os.environ, whole=True)
        # Reading is all that can be tried without leaving something behind
        Bucket(name, key).get(f"predictions/{device_id(settings)}/doctor.json", _BUCKET_S)
    except ConfigError as error:
        return CheckResult("bucket", good=False, text=str(error))
    except BucketError as error:
        if not error.forbidden:
            return CheckResult("bucket", good=False, text=str(error))
        # Whoever may not list is told so of whatever is not there: the rights that deploy.sh gives
        text = f"{name} answers 403: nothing is there to be read, or its account may not; only a segment can tell"
        return CheckResult("bucket", good=None, text=text)
    return CheckResult("bucket", good=True, text=f"{name} answers; that it may be written only a segment can tell")


async def _broker(settings: Settings) -> AsyncIterator[CheckResult]:
    if not settings.mqtt.host:
        yield CheckResult("broker", good=None, text="mqtt.host is not set: the home is told nothing")
        return
    from babycryd.mqtt.diagnosis import diagnose

    try:
        password = read_secret("mqtt_password", settings.mqtt.password_file, os.environ)
    except ConfigError as error:
        yield CheckResult("broker: password", good=False, text=str(error))
        return
    async for result in diagnose(settings.mqtt, password, device_id(settings)):
        yield result
