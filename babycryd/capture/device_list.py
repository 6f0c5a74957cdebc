"""List of the microphones and speakers that PortAudio sees."""

from dataclasses import dataclass
from typing import Any, Literal

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.capture.microphone import inputs_of, load_sounddevice
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


def sound_devices() -> list[SoundDevice]:
    """Return every input, then every output; a device that is both comes twice. Raises CaptureError."""
    sd = load_sounddevice()
    found = list(sd.query_devices())
    known = {each.index: each.card for each in inputs_of(found) if each.card}
    cards = tuple(set(known.values()))
    addresses = {index: address_of(card, cards) for index, card in known.items()}
    inputs = [_row(sd, each, "input", addresses) for each in found if each["max_input_channels"]]
    return inputs + [_row(sd, each, "output", addresses) for each in found if each["max_output_channels"]]


def has_microphone() -> bool:
    """Return whether there is any input, without opening one. Raises CaptureError without PortAudio."""
    return any(each["max_input_channels"] for each in load_sounddevice().query_devices())


def _row(sd: Any, device: dict[str, Any], kind: Literal["input", "output"], addresses: dict[int, str]) -> SoundDevice:
    return SoundDevice(
        kind=kind,
        name=device["name"],
        channels=device[f"max_{kind}_channels"],
        rate_hz=int(device["default_samplerate"]),
        is_default=device["index"] == sd.default.device[kind],
        takes_16_khz_mono=_takes_16_khz_mono(sd, device["index"], kind),
        address=addresses.get(device["index"], ""),
    )


def _takes_16_khz_mono(sd: Any, index: int, kind: str) -> bool:
    check = sd.check_input_settings if kind == "input" else sd.check_output_settings
    try:
        check(device=index, channels=1, dtype="int16", samplerate=SAMPLE_RATE_HZ)
    except sd.PortAudioError:
        return False
    return True
