"""List microphones and speakers, with the names to put into the configuration (`*` marks the default).

Put a microphone into capture.device: its name, a part of it, or the address behind it (usb:…), which tells two of
the same name apart. Put a speaker into lullaby.device. A URL that gives sound belongs into capture.url.

examples:
  babycryd devices
  babycryd devices --check && echo ready     for scripts: is there a microphone?
  babycryd devices rtsp://192.168.1.40:554/stream1 --username babycryd --password-file camera-password
"""

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, Final

from babycryd.core.printable import printable

if TYPE_CHECKING:
    from babycryd.capture.device_list import SoundDevice

HELP = "list microphones and speakers, with the names for the configuration"
_SPEAKERS_LIMIT_S: Final = 8.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="print nothing; exit 0 if there is a microphone, else 1")
    parser.add_argument("url", nargs="?", help="listen to this network microphone for a moment, instead of the list")
    parser.add_argument("--username", default="", metavar="NAME", help="name to log in at the URL with")
    parser.add_argument("--password-file", default="", metavar="FILE", help="file with the password on its first line")


def execute(arguments: argparse.Namespace) -> int:
    if arguments.url:
        return 0 if asyncio.run(_examine(arguments)) else 1
    if arguments.check:
        return 0 if asyncio.run(_has_microphone()) else 1
    listed = [asyncio.run(_list_microphones()), asyncio.run(_list_speakers())]
    return 0 if all(listed) else 1


async def _has_microphone() -> bool:
    from babycryd.capture.portaudio import call_with_portaudio
    from babycryd.capture.source import CaptureError

    try:
        return bool(await call_with_portaudio("device_list:has_microphone"))
    except CaptureError as error:
        return _failed(str(error))


async def _examine(arguments: argparse.Namespace) -> bool:
    """Print what a network microphone gives; return whether it can be listened to."""
    from babycryd.capture.settings import CaptureSettings
    from babycryd.capture.stream_url import url_fault
    from babycryd.config.access import stream_password
    from babycryd.monitoring.network_check import network_microphone

    if fault := url_fault(arguments.url):
        return _failed(f"the URL {fault}")
    capture = CaptureSettings(url=arguments.url, username=arguments.username, password_file=arguments.password_file)
    result = await network_microphone(capture, lambda: stream_password(capture, {}))
    if not result.good:
        return _failed(result.text)
    sys.stdout.write(f"{result.text}\n")
    return True


async def _list_microphones() -> bool:
    """Print the microphones; return whether they could be listed."""
    from babycryd.capture.device_list import SoundDevice
    from babycryd.capture.portaudio import call_with_portaudio
    from babycryd.capture.source import CaptureError

    try:
        found = [SoundDevice(**row) for row in await call_with_portaudio("device_list:sound_device_rows")]
    except CaptureError as error:
        return _failed(str(error))
    _table(
        "microphones (capture.device)",
        [(each.is_default, each.name, _ability(each)) for each in found if each.kind == "input"],
        "none found; is it plugged in? `arecord -l` lists what the system sees",
    )
    return True


async def _list_speakers() -> bool:
    """Print the speakers; return whether they could be listed."""
    from babycryd.system.isolated_call import IsolatedCallError, call_isolated

    try:
        outputs = await call_isolated("babycryd.soothe.mixer:output_devices", limit_s=_SPEAKERS_LIMIT_S)
    except IsolatedCallError as error:
        return _failed(f"the speakers cannot be listed ({error})")
    _table(
        "speakers (lullaby.device)",
        [(False, printable(name), "") for name in outputs],
        "none found; `aplay -l` lists what the system sees",
    )
    return True


def _failed(text: str) -> bool:
    sys.stdout.flush()
    sys.stderr.write(f"babycryd: {text}\n")
    return False


def _ability(device: "SoundDevice") -> str:
    if device.is_null:
        return "no microphone: ALSA's null device, which hears nothing"
    resampled = "" if device.takes_16_khz_mono else ", resampled to 16 kHz here"
    address = f"  {device.address}" if device.address else ""
    return f"{device.channels} channel{'' if device.channels == 1 else 's'}, {device.rate_hz} Hz{resampled}{address}"


def _table(title: str, rows: list[tuple[bool, str, str]], nothing: str) -> None:
    sys.stdout.write(f"{title}\n")
    width = max((len(name) for _, name, _ in rows), default=0)
    for is_default, name, ability in rows:
        sys.stdout.write(f"  {'*' if is_default else ' '} {name:<{width}}  {ability}".rstrip() + "\n")
    if not rows:
        sys.stdout.write(f"    {nothing}\n")
