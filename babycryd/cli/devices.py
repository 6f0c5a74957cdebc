"""List microphones and speakers, with the names to put into the configuration (`*` marks the default).

Put a microphone into capture.device: its name, a part of it, or the address behind it (usb:…), which tells two of
the same name apart. Put a speaker into lullaby.device.

examples:
  babycryd devices
  babycryd devices --check && echo ready     for scripts: is there a microphone?
"""

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babycryd.capture.device_list import SoundDevice

HELP = "list microphones and speakers, with the names for the configuration"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="print nothing; exit 0 if there is a microphone, else 1")


def execute(arguments: argparse.Namespace) -> int:
    from babycryd.capture.device_list import has_microphone, sound_devices
    from babycryd.capture.source import CaptureError

    try:
        if arguments.check:
            return 0 if has_microphone() else 1
        inputs = [each for each in sound_devices() if each.kind == "input"]
    except CaptureError as error:
        sys.stderr.write(f"babycryd: {error}\n")
        return 1
    from babycryd.soothe.mixer import output_devices
    from babycryd.soothe.player import PlayerError

    _table(
        "microphones (capture.device)",
        [(each.is_default, each.name, _ability(each)) for each in inputs],
        "none found; is it plugged in? `arecord -l` lists what the system sees",
    )
    try:
        outputs = output_devices()
    except PlayerError as error:
        sys.stderr.write(f"babycryd: {error}\n")
        return 1
    _table(
        "speakers (lullaby.device)",
        [(False, name, "") for name in outputs],
        "none found; `aplay -l` lists what the system sees",
    )
    return 0


def _ability(device: "SoundDevice") -> str:
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
