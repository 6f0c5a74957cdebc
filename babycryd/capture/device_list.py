"""List of the microphones and speakers that PortAudio sees."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Literal

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.capture.microphone import inputs_of
from babycryd.capture.portaudio import load_sounddevice, null_devices
from babycryd.capture.sound_cards import address_of


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """Microphone or speaker, as `babycryd devices` shows it."""

    kind: Literal["input", "output"]
    name: str  # for the configuration
    channels: int
    rate_hz: int  # the device's own
    is_default: bool
    takes_16_khz_mono: bool  # without resampling here
    address: str  # unique among the cards, in any socket; empty where the device belongs to no card
    is_null: bool = False  # it imitates a microphone by ALSA's null plugin, and hears nothing


def sound_devices() -> list[SoundDevice]:
    """Return every input, then every output; a device that is both comes twice. Raises CaptureError."""
    sd = load_sounddevice()
    found = list(sd.query_devices())
    known = {each.index: each.card for each in inputs_of(found) if each.card}
    cards = tuple(set(known.values()))
    addresses = {index: address_of(card, cards) for index, card in known.items()}
    null = null_devices(sd)
    inputs = [_row(sd, each, "input", addresses, null) for each in found if each["max_input_channels"]]
    return inputs + [_row(sd, each, "output", addresses) for each in found if each["max_output_channels"]]


def sound_device_rows() -> list[dict[str, Any]]:
    """Return the sound devices as JSON: the fields of each. Raises CaptureError."""
    return [asdict(each) for each in sound_devices()]


def has_microphone() -> bool:
    """Return whether there is any input that is no null device. Raises CaptureError without PortAudio."""
    sd = load_sounddevice()
    null = null_devices(sd)
    return any(each["max_input_channels"] and each["name"] not in null for each in sd.query_devices())


def _row(
    sd: Any,
    device: dict[str, Any],
    kind: Literal["input", "output"],
    addresses: dict[int, str],
    null: Collection[str] = (),
) -> SoundDevice:
    return SoundDevice(
        kind=kind,
        name=device["name"],
        channels=device[f"max_{kind}_channels"],
        rate_hz=int(device["default_samplerate"]),
        is_default=device["index"] == sd.default.device[kind],
        takes_16_khz_mono=_takes_16_khz_mono(sd, device["index"], kind),
        address=addresses.get(device["index"], ""),
        is_null=device["name"] in null,
    )


def _takes_16_khz_mono(sd: Any, index: int, kind: str) -> bool:
    check = sd.check_input_settings if kind == "input" else sd.check_output_settings
    try:
        check(device=index, channels=1, dtype="int16", samplerate=SAMPLE_RATE_HZ)
    except Exception:  # noqa: BLE001  # one odd device must not hide the others
        return False
    return True
