"""What the supervisor says and does about a source that comes and goes as a script tells it."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.block import BLOCK, AudioBlock, Tick
from babycryd.capture.chosen_source import source_of
from babycryd.capture.microphone import Microphone
from babycryd.capture.network import FfmpegStream, TcpStream
from babycryd.capture.recording import RecordingSource
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import SOURCES, CaptureError, Chunk, RecordingEnded, RecordingError, Source, SourceTraits
from babycryd.capture.supervisor import CaptureSupervisor, reopen_backoff
from babycryd.capture.udp import UdpStream
from babycryd.core.bus import Bus
from babycryd.core.events import Deaf, Event, Hearing
from tests.support.patience import HANG_S, Stopwatch

pytestmark = pytest.mark.usefixtures("virtual_time")
RANDOM = np.random.default_rng(2)
ZEROS = np.zeros(BLOCK, np.float32)
QUICK = CaptureSettings(stall_s=0.5, zeros_s=0.3, reopen_first_s=0.1, reopen_longest_s=0.2)


def sound(lost: int = 0) -> Chunk:
    """No two blocks of a real microphone are alike."""
    return Chunk((0.01 * RANDOM.standard_normal(BLOCK)).astype(np.float32), lost)


class ScriptedSource:
    """Plays its script; one entry a read, `None` is a wait in vain, an exception is raised. Then it ends."""

    traits = SourceTraits(live=True, can_be_muted=True, hears_speaker=True)
    overflows = 0
    dropped_blocks = 0
    close_hung = False
    name = "script"

    def __init__(self, *script: list[Chunk] | Exception | None) -> None:
        self._script = iter(script)
        self.opened = 0
        self.is_open = False

    async def open(self) -> None:
        assert not self.is_open
        self.opened += 1
        self.is_open = True

    async def read(self, timeout_s: float) -> list[Chunk]:
        assert self.is_open
        match next(self._script, RecordingEnded("script")):
            case None:
                await asyncio.sleep(timeout_s)
                return []
            case Exception() as error:
                raise error
            case chunks:
                await asyncio.sleep(0.04)
                return chunks

    async def close(self, limit_s: float) -> None:
        assert limit_s > 0
        self.is_open = False


class Run:
    """All that the supervisor gave for one script."""

    def __init__(self, source: ScriptedSource, settings: CaptureSettings = QUICK) -> None:
        bus = Bus()
        self._events = bus.subscribe("test")
        self.capture = CaptureSupervisor(settings, bus, source)
        self.blocks: list[AudioBlock] = []
        self.ticks: list[Tick] = []
        self.events: list[Event] = []

    async def to_the_end(self) -> "Run":
        now_s = 0.0
        async for each in self.capture.blocks():
            match each:
                case Tick(at_s=at_s):
                    self.ticks.append(each)
                case AudioBlock(start_s=at_s):
                    self.blocks.append(each)
            assert at_s >= now_s, "time went backwards"
            now_s = at_s
        while self._events._events:
            self.events.append(await self._events.get())
        return self


async def test_blocks_join_and_hearing_is_told_once() -> None:
    run = await Run(ScriptedSource([sound()], [sound(), sound()])).to_the_end()
    assert run.events == [Hearing(0.0, "script")]
    assert [block.start_s for block in run.blocks] == [0.0, 0.08, 0.16]
    assert abs(run.blocks[-1].utc_s + 0.08 - time.time()) < HANG_S
    assert run.blocks[2].utc_s - run.blocks[1].utc_s == pytest.approx(0.08)


async def test_a_channel_that_is_taken_alone_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    alone = [Chunk(sound().samples, taken_alone=2)]
    await Run(ScriptedSource([sound()], alone, CaptureError("gone"), [sound()], alone)).to_the_end()
    assert caplog.text.count("the channels of script cancel each other in their mean: channel 2 is taken") == 1


async def test_dropped_blocks_are_a_gap() -> None:
    run = await Run(ScriptedSource([sound()], [sound(lost=16_000), sound()])).to_the_end()
    assert [block.start_s for block in run.blocks] == [0.0, 1.08, 1.16]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Unanticipated\nhost error"),
        UnicodeDecodeError("utf-8", b"R\xd8DE", 1, 2, "invalid continuation byte"),
        OSError(19, "No such device"),
        AssertionError(),
    ],
)
async def test_whatever_a_source_raises_is_told_as_deaf_and_it_is_opened_again(error: Exception) -> None:
    run = await Run(ScriptedSource([sound()], error, error, [sound()])).to_the_end()
    assert [type(event) for event in run.events] == [Hearing, Deaf, Hearing]
    assert isinstance(run.events[1], Deaf)
    assert run.events[1].reason.startswith("script fails (")
    assert run.events[1].reason.isprintable()
    assert run.capture.reopened == 2


async def test_a_lost_source_is_told_once_and_reopened_with_a_gap() -> None:
    gone = CaptureError("gone")
    run = await Run(ScriptedSource([sound()], gone, gone, gone, [sound()])).to_the_end()
    assert [type(event) for event in run.events] == [Hearing, Deaf, Hearing]
    assert isinstance(run.events[1], Deaf)
    assert run.events[1].reason == "gone"
    assert run.capture.reopened == 3
    assert run.blocks[1].start_s > run.blocks[0].end_s
    assert run.events[2] == Hearing(run.blocks[1].start_s, "script")


async def test_time_goes_on_while_deaf() -> None:
    run = await Run(ScriptedSource(CaptureError("gone"), [sound()])).to_the_end()
    assert run.ticks
    assert run.blocks[0].start_s >= run.ticks[-1].at_s > 0.05


async def test_a_stall_is_told_and_ends_with_the_next_sound() -> None:
    run = await Run(ScriptedSource([sound()], None, None, None, [sound()])).to_the_end()
    assert [type(event) for event in run.events] == [Hearing, Deaf, Hearing]
    assert "plugged in" in str(run.events[1])


async def test_zeros_are_told_and_more_zeros_after_reopening_are_not_hearing() -> None:
    script = [[sound()], *[[Chunk(ZEROS)]] * 25, [sound()]]
    run = await Run(ScriptedSource(*script)).to_the_end()
    assert [type(event) for event in run.events] == [Hearing, Deaf, Hearing]
    assert "muted" in str(run.events[1])


async def test_zeros_are_fine_where_the_owner_says_so() -> None:
    script = [[Chunk(ZEROS)]] * 15
    run = await Run(ScriptedSource(*script), CaptureSettings(zeros_s=0)).to_the_end()
    assert run.events == []
    assert len(run.blocks) == 15


async def test_a_recording_that_cannot_be_read_is_not_tried_again() -> None:
    source = ScriptedSource(RecordingError("night.wav: is empty"))
    with pytest.raises(RecordingError, match=r"night\.wav"):
        await Run(source).to_the_end()
    assert source.opened == 1
    assert not source.is_open


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.2, 0.45])
async def test_cancelled_at_any_moment_the_source_is_closed(after_s: float) -> None:
    script: list[list[Chunk] | Exception] = [[sound()], CaptureError("gone"), [sound()]]
    source = ScriptedSource(*script * 20)
    listening = asyncio.create_task(Run(source).to_the_end(), name="listen")
    await asyncio.sleep(after_s)
    listening.cancel()
    stopwatch = Stopwatch()
    with pytest.raises(asyncio.CancelledError):
        await listening
    assert stopwatch.elapsed_s() < 2
    assert not source.is_open


async def test_left_in_the_middle_the_source_is_closed() -> None:
    source = ScriptedSource(*[[sound()]] * 20)
    capture = CaptureSupervisor(QUICK, Bus(), source)
    async with aclosing(capture.blocks()) as blocks:
        await anext(blocks)
    assert not source.is_open


def test_pauses_grow_to_the_longest() -> None:
    backoff = reopen_backoff(CaptureSettings())
    pauses = [backoff.pause_s() for _ in range(8)]
    assert 0.375 <= pauses[0] <= 0.5
    assert all(2.25 <= pause_s <= 3.0 for pause_s in pauses[3:])
    assert len(set(pauses)) == 8


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (CaptureSettings(), Microphone),
        (CaptureSettings(file="a.wav"), RecordingSource),
        (CaptureSettings(source="microphone", file="a.wav"), Microphone),
        (CaptureSettings(source="recording", file="a.wav"), RecordingSource),
        (CaptureSettings(url="rtsp://cam/a"), FfmpegStream),
        (CaptureSettings(url="tcp://cam:1"), TcpStream),
        (CaptureSettings(source="network", file="a.wav", url="udp://cam:1"), UdpStream),
        (CaptureSettings(file="a.wav", url="udp://cam:1"), RecordingSource),
    ],
)
def test_the_settings_choose_the_source(settings: CaptureSettings, kind: type) -> None:
    assert isinstance(source_of(settings), kind)


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_that_can_be_named_is_made_from_the_settings(name: str) -> None:
    source: Source = source_of(CaptureSettings(source=name, file="a.wav", url="udp://0.0.0.0:5004"))
    assert isinstance(source.traits, SourceTraits)
    assert source.overflows == source.dropped_blocks == 0


async def test_a_live_source_without_a_mute_may_be_silent_for_ever() -> None:
    source = ScriptedSource([sound()], *[[Chunk(ZEROS)] for _ in range(25)])
    source.traits = SourceTraits(live=True, can_be_muted=False, hears_speaker=False)
    run = await Run(source).to_the_end()
    assert [type(event) for event in run.events] == [Hearing]


async def test_a_missing_recording_ends_the_supervisor_with_its_name(tmp_path: Path) -> None:
    capture = CaptureSupervisor(CaptureSettings(source="recording", file=str(tmp_path / "no.wav")), Bus())
    with pytest.raises(RecordingError, match=r"no\.wav: cannot be opened \(No such file"):
        await anext(aiter(capture.blocks()))


async def test_another_reason_is_told_too_and_each_but_once() -> None:
    gone, absent = CaptureError("gone"), CaptureError("absent; found instead: another")
    run = await Run(ScriptedSource([sound()], gone, absent, gone, absent, [sound()], gone)).to_the_end()
    told = [event.reason if isinstance(event, Deaf) else "hearing" for event in run.events]
    assert told == ["hearing", "gone", "absent; found instead: another", "hearing", "gone"]
    assert run.capture.deaf == "gone"


async def test_hum_is_deaf_but_stays_open_until_there_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.capture.signal_watch.WHOLE_S", 1e9)  # the script plays at twice the speed
    time_s = np.arange(80 * BLOCK) / 16_000
    hum = (0.1 * np.sin(2 * np.pi * 50.05 * time_s)).astype(np.float32).reshape(-1, BLOCK)
    source = ScriptedSource([sound()], *[[Chunk(block)] for block in hum], *[[sound()] for _ in range(26)])
    run = await Run(source, CaptureSettings(zeros_s=4.0)).to_the_end()
    assert [type(event) for event in run.events] == [Hearing, Deaf, Hearing]
    assert "mains hum (50 Hz)" in str(run.events)
    assert source.opened == 1
    assert len(run.blocks) == 1 + 80 + 26  # the pipeline hears on: a cry would end the hum
