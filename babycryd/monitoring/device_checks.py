"""Checks of `doctor` that open the devices: microphone, speaker, lullabies, model, disk, broker and bucket."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babycryd.core.check_result import CheckResult
from babycryd.core.printable import printable
from babycryd.monitoring.checks import disk_check, not_writable

if TYPE_CHECKING:
    from babycryd.capture.settings import CaptureSettings
    from babycryd.mqtt.settings import MqttSettings
    from babycryd.offload.settings import OffloadSettings

_RECORD_S: Final = 1.5
_BUCKET_S: Final = 5.0
_LULLABIES_S: Final = 60.0
_TOO_LOUD_DBFS: Final = -3.0
ReadSecret = Callable[[], str | None]  # None: there is none; raises ValueError where it cannot be read


@dataclass(frozen=True, slots=True)
class CheckedSettings:
    """Settings of the checked devices and services."""

    device_id: str
    folder: Path  # of the state
    speaker: str | None  # None: the default one
    songs: str | None  # folder of the owner's lullabies; None: the shipped ones
    capture: "CaptureSettings"
    mqtt: "MqttSettings"
    offload: "OffloadSettings"
    mqtt_password: ReadSecret
    offload_key: ReadSecret


async def device_checks(settings: CheckedSettings) -> AsyncIterator[CheckResult]:
    """Make every check, one after the other, each in a few seconds; a failed one does not stop the next."""
    yield await _microphone(settings.capture)
    yield await asyncio.to_thread(_speaker, settings.speaker)
    yield await _lullabies(settings.songs)
    yield _model()
    yield disk_check(settings.folder, _write_trouble(settings.folder))
    async for result in _broker(settings):
        yield result
    yield await asyncio.to_thread(_bucket, settings)


async def _microphone(capture: "CaptureSettings") -> CheckResult:
    import numpy as np

    from babycryd.audio.measures import clips, complaint
    from babycryd.capture.source import CaptureError, RecordingEnded
    from babycryd.capture.supervisor import source_of

    source = source_of(capture)
    heard = []
    try:
        await source.open()
        async with asyncio.timeout(_RECORD_S):
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


def _speaker(name: str | None) -> CheckResult:
    from babycryd.soothe.mixer import Mixer
    from babycryd.soothe.player import PlayerError

    try:
        Mixer(name).check()
    except PlayerError as error:
        return CheckResult("speaker", good=False, text=str(error))
    return CheckResult("speaker", good=True, text=f"{name or 'the default speaker'} opens")


async def _lullabies(folder: str | None) -> CheckResult:
    from babycryd.soothe.player import PlayerError
    from babycryd.soothe.trials import troubles_of_folder

    if folder is None:
        return CheckResult("lullabies", good=True, text="the shipped sounds")
    try:
        troubles = await troubles_of_folder(folder, _LULLABIES_S)
    except PlayerError as error:
        return CheckResult("lullabies", good=False, text=str(error))
    if troubles:
        return CheckResult("lullabies", good=False, text="; ".join(troubles))
    return CheckResult("lullabies", good=True, text=f"every sound in {printable(folder)} can be played")


def _model() -> CheckResult:
    from babycryd.detect.tflite import ModelError, shipped_classifier

    try:
        return CheckResult("model", good=True, text=f"checksum {shipped_classifier().sha256[:12]} is right")
    except ModelError as error:
        return CheckResult("model", good=False, text=str(error))


def _write_trouble(folder: Path) -> str | None:
    """Write a file without a name; return why that fails, or None."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return not_writable(folder, error)
    return None


async def _broker(settings: CheckedSettings) -> AsyncIterator[CheckResult]:
    if not settings.mqtt.host:
        yield CheckResult("broker", good=None, text="mqtt.host is not set: nothing is published")
        return
    from babycryd.mqtt.diagnosis import diagnose

    try:
        password = settings.mqtt_password()
    except ValueError as error:
        yield CheckResult("broker: password", good=False, text=str(error))
        return
    async for result in diagnose(settings.mqtt, password, settings.device_id):
        yield result


def _bucket(settings: CheckedSettings) -> CheckResult:
    if not settings.offload.enabled:
        return CheckResult("bucket", good=None, text="offload.enabled is false: nothing is sent to a cloud")
    from babycryd.offload.bucket import Bucket, BucketError

    name = settings.offload.bucket or ""
    try:
        # Only reading can be tried without leaving an object in the bucket.
        Bucket(name, settings.offload_key()).get(f"predictions/{settings.device_id}/doctor.json", _BUCKET_S)
    except ValueError as error:
        return CheckResult("bucket", good=False, text=str(error))
    except BucketError as error:
        if not error.forbidden:
            return CheckResult("bucket", good=False, text=str(error))
        # An account that may not list, as deploy.sh makes it, is answered 403 for an object that does not exist.
        text = f"{name} answers 403: the object does not exist, or its account may not read; only an upload shows which"
        return CheckResult("bucket", good=None, text=text)
    return CheckResult("bucket", good=True, text=f"{name} answers; only an upload shows whether writing is allowed")
