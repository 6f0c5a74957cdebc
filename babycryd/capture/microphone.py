"""The microphone: a `Source` over PortAudio's callback stream."""

import asyncio
import logging
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.audio.hop_alignment import HopAlignment
from babycryd.audio.resampling import Converter
from babycryd.capture.device_matching import DeviceMatcher, InputDevice, card_number
from babycryd.capture.inbox import Inbox
from babycryd.capture.portaudio import leave_running, load_sounddevice, restart, try_portaudio
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.sound_cards import ROOT, read_cards
from babycryd.capture.source import CaptureError, Chunk, SourceTraits
from babycryd.core.printable import printable
from babycryd.system.worker_thread import WorkerThread

OPEN_LIMIT_S = 4.0  # a healthy device opens in 10 to 300 ms
INBOX_BLOCKS = 17  # 4 s: longer than any stall of the loop that is not a fault
MOST_CHANNELS = 8
LATENCY_S = 0.1  # of PortAudio's own buffers, at least; they hold two blocks, so that a busy CPU loses no samples

log = logging.getLogger(__name__)

_Block = bytes | None  # interleaved int16, or None: the stream has ended


class Microphone:
    """Microphone as a `Source`: an input device; every call but `read` runs in one audio thread."""

    traits = SourceTraits(live=True, can_be_muted=True, hears_speaker=True)

    def __init__(self, settings: CaptureSettings, root: Path = ROOT) -> None:
        """`root`: the folder below which Linux lists its sound cards."""
        self.name = printable(settings.device) or "the default microphone"
        self.overflows = 0
        self.close_hung = False
        self._settings = settings
        self._root = root
        self._choice = DeviceMatcher(settings.device)
        self._last: InputDevice | None = None
        self._thread = WorkerThread("audio")
        self._stream: Any = None
        self._opened_before = False
        self._opening: asyncio.Task[None] | None = None  # that began before it was asked for
        self._inbox: Inbox[_Block] | None = None
        self._dropped_before = 0
        self._converter = Converter(SAMPLE_RATE_HZ, 1)
        self._hops = HopAlignment(SAMPLE_RATE_HZ)
        self._channels = 1

    @property
    def dropped_blocks(self) -> int:
        return self._dropped_before + (self._inbox.dropped if self._inbox else 0)

    def begin_opening(self) -> None:
        """Begin the opening that the next `open` awaits, while the daemon still loads; the first sound waits for it."""
        self._opening = asyncio.create_task(self._open_now(), name="microphone")

    async def open(self) -> None:
        opening, self._opening = self._opening, None
        await (self._open_now() if opening is None else opening)

    async def _open_now(self) -> None:
        # A call that hangs blocks PortAudio: another one would only wait behind it.
        if self._thread.busy:
            raise CaptureError(f"the sound system hangs, {self.name} cannot be reopened: restart babycryd")
        self._dropped_before = self.dropped_blocks
        inbox: Inbox[_Block] = Inbox(asyncio.get_running_loop(), INBOX_BLOCKS)
        self._inbox = inbox
        null_devices = await try_portaudio()
        try:
            await self._thread.call(lambda: self._open(inbox, null_devices), OPEN_LIMIT_S)
        except TimeoutError:
            raise CaptureError(f"{self.name} does not answer: unplug it and plug it in again") from None
        except CaptureError:
            raise
        except Exception as error:  # the sound libraries raise what they like
            text = printable(str(error), 300) or type(error).__name__
            raise CaptureError(f"{self.name} cannot be opened ({text}): see `babycryd doctor`") from error

    async def read(self, timeout_s: float) -> list[Chunk]:
        if self._inbox is None:
            raise CaptureError(f"{self.name} is not open")
        taken = await self._inbox.take(timeout_s)
        return [self._chunk(lost, blocks) for lost, blocks in _runs(taken)]

    async def close(self, limit_s: float) -> None:
        if self.close_hung and self._thread.busy:
            return
        try:
            await self._thread.call(self._close, limit_s)
        except TimeoutError:
            self.close_hung = True
            leave_running()
            log.warning("closing %s hangs: it is left behind", self.name)
        except Exception as error:  # noqa: BLE001  # the stream is given up in any case
            log.warning("closing %s failed: %s", self.name, error or type(error).__name__)

    def _chunk(self, lost: int, blocks: Sequence[_Block]) -> Chunk:
        """Return the samples of blocks that follow each other, before which `lost` others were dropped."""
        whole = [block for block in blocks if block is not None]
        if len(whole) < len(blocks):
            raise CaptureError(f"{self.name} went away: was it unplugged, or did its sound server end?")
        samples = self._converter.convert(np.frombuffer(b"".join(whole), np.int16).reshape(-1, self._channels))
        left_out = self._hops.take(len(whole), len(samples), after_gap=lost > 0)
        return Chunk(samples[left_out:], lost * HOP + left_out if lost else 0, self._converter.taken_alone)

    # The methods from here on run in the audio thread.

    def _open(self, inbox: Inbox[_Block], null_devices: Collection[str]) -> None:
        sd = load_sounddevice()
        if self._opened_before:
            restart(sd)
        self._opened_before = True
        device = self._chosen(sd, null_devices)
        self.name = str(device["name"])
        self._start(sd, device, inbox)

    def _chosen(self, sd: Any, null_devices: Collection[str]) -> dict[str, Any]:
        """Return PortAudio's entry of the owner's microphone. Raises CaptureError where it is not there."""
        entries = [each for each in sd.query_devices() if each["max_input_channels"]]
        known = {each["index"]: each for each in entries if each["name"] not in null_devices}
        inputs = inputs_of(list(known.values()), self._root)
        chosen = self._choice.choose(inputs, next((each for each in inputs if each.index == _default(sd)), None))
        if isinstance(chosen, str):
            raise CaptureError(chosen)
        if self._last is not None and chosen.plain_name != self._last.plain_name:
            log.warning("%s is another microphone than before: set capture.device to keep to one", chosen.name)
        self._last = chosen
        found: dict[str, Any] = known[chosen.index]
        return found

    def _start(self, sd: Any, device: dict[str, Any], inbox: Inbox[_Block]) -> None:
        """Open the device with the first rate and channels that it takes."""
        refusal = ""
        for rate_hz, channels in _ways(self._settings, device):
            try:
                converter = Converter(rate_hz, channels, self._settings.channel)
            except ValueError as no_channel:
                raise CaptureError(str(no_channel)) from no_channel
            try:
                self._stream = self._raw_stream(sd, device, rate_hz, channels, inbox)
                self._converter, self._channels = converter, channels
                self._hops = HopAlignment(rate_hz)
                self._stream.start()
            except sd.PortAudioError as error:
                refusal = str(error)
                self._close()
            else:
                return
        raise CaptureError(f"{self.name} cannot be opened ({refusal}): is another program using it?")

    def _raw_stream(self, sd: Any, device: dict[str, Any], rate_hz: int, channels: int, inbox: Inbox[_Block]) -> Any:
        def on_audio(data: Any, _frames: int, _time: Any, status: Any) -> None:  # PortAudio's own thread: only copy
            if status:
                self.overflows += 1
            inbox.put(bytes(data))

        return sd.RawInputStream(
            device=device["index"],
            samplerate=rate_hz,
            channels=channels,
            dtype="int16",
            blocksize=round(HOP_S * rate_hz),  # so that PortAudio wakes as rarely as can be, and no sound comes later
            latency=LATENCY_S,
            callback=on_audio,
            finished_callback=lambda: inbox.put(None),
        )

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            self._choice.see(read_cards(self._root))
            # Never stop(): it waits for buffers that a stalled device does not deliver.
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)


def _runs(taken: Sequence[tuple[int, _Block]]) -> Iterator[tuple[int, list[_Block]]]:
    """Yield the blocks that follow each other, each run with the number of blocks dropped before it."""
    starts = [at for at, (lost, _) in enumerate(taken) if lost or at == 0]
    for start, end in pairwise([*starts, len(taken)]):
        yield taken[start][0], [block for _, block in taken[start:end]]


def inputs_of(devices: list[dict[str, Any]], root: Path = ROOT) -> list[InputDevice]:
    """Return PortAudio's input devices, each with its sound card."""
    cards = {card.number: card for card in read_cards(root)}
    numbers = [card_number(each["name"]) for each in devices]
    return [
        InputDevice(each["index"], each["name"], None if number is None else cards.get(number))
        for each, number in zip(devices, numbers, strict=True)
    ]


def _default(sd: Any) -> int | None:
    try:
        return int(sd.query_devices(None, "input")["index"])
    except (ValueError, sd.PortAudioError):
        return None


def _ways(settings: CaptureSettings, device: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Yield the rates and channels to try, the best first. A single channel is picked out of all channels.

    For the mean, all channels of a card are compared; a sound server offers any number, of which two are enough.
    """
    all_channels = min(int(device["max_input_channels"]), MOST_CHANNELS)
    compared = all_channels if card_number(str(device["name"])) is not None else min(2, all_channels)
    own_rate_hz = int(device["default_samplerate"])
    rates_hz = [settings.rate_hz] if settings.rate_hz else [SAMPLE_RATE_HZ, own_rate_hz]
    for rate_hz in dict.fromkeys(rates_hz):
        if settings.channel == "mix":
            yield from ((rate_hz, channels) for channels in dict.fromkeys((compared, 1, all_channels)))
        else:
            yield rate_hz, max(all_channels, settings.channel)
            yield rate_hz, all_channels
