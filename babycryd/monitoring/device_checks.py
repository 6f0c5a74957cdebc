"""Checks of `doctor`: microphone, speaker, lullabies, echo, model, each in another process; disk, broker, bucket."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babycryd.capture.chosen_source import no_password
from babycryd.core.check_result import CheckResult
from babycryd.core.printable import printable
from babycryd.monitoring.checks import disk_check, not_writable
from babycryd.system.isolated_call import IsolatedCallError, call_isolated

if TYPE_CHECKING:
    from babycryd.capture.settings import CaptureSettings
    from babycryd.mqtt.settings import MqttSettings
    from babycryd.offload.settings import OffloadSettings

_BUCKET_S: Final = 5.0
_DEVICE_LIMIT_S: Final = 20.0  # for a new Python, its libraries and the device; some seconds on a busy Pi
_LULLABIES_S: Final = 60.0
_DISK_LIMIT_S: Final = 10.0
_LONGEST_TEXT: Final = 300  # characters, of an error
ReadSecret = Callable[[], str | None]  # None: there is none; raises ValueError where it cannot be read


@dataclass(frozen=True, slots=True)
class CheckedSettings:
    """Settings of the checked devices and services."""

    device_id: str
    folder: Path  # of the state
    speaker: str | None  # None: the default one
    songs: str | None  # folder of the owner's lullabies; None: the shipped ones
    echo: bool  # whether the own sound is to be taken out of the microphone's
    capture: "CaptureSettings"
    mqtt: "MqttSettings"
    offload: "OffloadSettings"
    mqtt_password: ReadSecret
    offload_key: ReadSecret
    capture_password: ReadSecret = no_password
    lullaby: bool = True  # whether a cry starts one


async def device_checks(settings: CheckedSettings) -> AsyncIterator[CheckResult]:
    """Make every check, one after the other, each in a few seconds; a failed or crashed one does not stop the next."""
    yield await _microphone(settings)
    async for result in _sounds(settings):
        yield result if settings.lullaby or result.good is not False else _not_needed(result)
    yield await _isolated("model")
    yield await _survived("disk", _disk(settings.folder))
    try:
        async for result in _broker(settings):
            yield result
    except Exception as error:  # noqa: BLE001  # told as this check's result
        yield _failed("broker", error)
    yield await _survived("bucket", asyncio.to_thread(_bucket, settings))


async def _sounds(settings: CheckedSettings) -> AsyncIterator[CheckResult]:
    """Make the checks of what a lullaby needs."""
    yield await _isolated("speaker", settings.speaker)
    for result in await _lullabies(settings.songs):
        yield result
    yield await _echo(settings)


def _not_needed(failed: CheckResult) -> CheckResult:
    """Return the result of a failed check of what no cry needs, because lullabies are switched off."""
    text = f"lullaby.enabled is false: only what you ask for yourself would be played; {failed.text}"
    return replace(failed, good=None, text=text)


async def _microphone(settings: CheckedSettings) -> CheckResult:
    """Check the microphone: one of the network here, any other in a process of its own."""
    if settings.capture.chosen_source != "network":
        return await _isolated("microphone", asdict(settings.capture))
    from babycryd.monitoring.network_check import network_microphone  # no other check needs it

    return await _survived("microphone", network_microphone(settings.capture, settings.capture_password))


async def _echo(settings: CheckedSettings) -> CheckResult:
    if not settings.echo:
        return CheckResult("echo", good=None, text="echo.enabled is false: the microphone hears the lullaby, too")
    return await _isolated("echo")


async def _isolated(what: str, *arguments: object) -> CheckResult:
    """Return the result of the check of this name in a process of its own, which a sound library may crash or block."""
    try:
        result = await call_isolated(f"babycryd.monitoring.isolated_checks:{what}", *arguments, limit_s=_DEVICE_LIMIT_S)
    except IsolatedCallError as error:
        return _failed(what, error)
    return CheckResult(**result)


async def _lullabies(folder: str | None) -> list[CheckResult]:
    """Return one result for each of the owner's sounds that cannot be played, or one that all is well."""
    from babycryd.soothe.trials import troubles_of_folder

    if folder is None:
        return [CheckResult("lullabies", good=True, text="the shipped sounds")]
    try:
        troubles = await troubles_of_folder(folder, _LULLABIES_S)
    except Exception as error:  # noqa: BLE001  # told as this check's result
        return [_failed("lullabies", error)]
    well = CheckResult("lullabies", good=True, text=f"every sound in {printable(folder)} can be played")
    return [CheckResult("lullabies", good=False, text=trouble) for trouble in troubles] or [well]


async def _survived(what: str, check: Awaitable[CheckResult]) -> CheckResult:
    try:
        return await check
    except Exception as error:  # noqa: BLE001  # told as this check's result
        return _failed(what, error)


def _failed(what: str, error: Exception) -> CheckResult:
    text = printable(str(error) or type(error).__name__, _LONGEST_TEXT)
    return CheckResult(what, good=False, text=f"the check itself failed ({text})")


async def _disk(folder: Path) -> CheckResult:
    async with asyncio.timeout(_DISK_LIMIT_S):
        return await asyncio.to_thread(lambda: disk_check(folder, _write_trouble(folder)))


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
