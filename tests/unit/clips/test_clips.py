"""Recordings: what is kept, who may read it, and how it goes away again."""

import asyncio
import logging
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from babycryd.audio.block import AudioBlock
from babycryd.audio.ring import RingBuffer
from babycryd.clips.queries import ClipQueries
from babycryd.clips.settings import CONSENT, ClipSettings
from babycryd.clips.store import FOLDER, ClipStore
from babycryd.clips.task import ClipTask
from babycryd.clips.writer import RATE_HZ, ClipWriter, encode
from babycryd.config.load import load
from babycryd.core.bus import Bus
from babycryd.core.events import ClockSet, CryEnded, CryStarted, LevelMeasured
from babycryd.core.records import Clips, RecordsError
from tests.support.patience import until

ID = "20261124T031502480Z"
STARTED_UTC_S = 1_795_490_102.48
SETTINGS = ClipSettings(enabled=True, consent=CONSENT, keep_free_mb=10)
HOP_S = 1.2


class ClipRoom:
    """A bus, a ring of ten seconds and a clip task; sound is noise that can be told apart."""

    def __init__(self, folder: Path, settings: ClipSettings = SETTINGS, retention_utc_s: float = STARTED_UTC_S) -> None:
        self.bus = Bus()
        self.ring = RingBuffer(10.0)
        self.store = ClipStore(folder)
        subscription = self.bus.subscribe("clips")
        self.clip_task = ClipTask(settings, self.store, subscription, self.ring.slice, 10.0, lambda: retention_utc_s)
        self.now_s = 0.0
        self.sound = (np.random.default_rng(0).uniform(-0.5, 0.5, 60 * RATE_HZ) * 32767).round() / 32767

    async def hear(self, seconds: float) -> None:
        """As the engine does it: into the ring, then to the bus."""
        for _ in range(round(seconds / HOP_S)):
            first = round(self.now_s * RATE_HZ)
            piece = self.sound[first : first + round(HOP_S * RATE_HZ)].astype(np.float32)
            self.ring.append(AudioBlock(piece, self.now_s, STARTED_UTC_S + self.now_s))
            self.now_s = round(self.now_s + HOP_S, 3)
            self.bus.publish(LevelMeasured(self.now_s, -20.0, -50.0))
            await asyncio.sleep(0.005)  # that a disk may take for a second of sound

    async def begin(self, episode: str = ID) -> None:
        self.bus.publish(CryStarted(self.now_s, STARTED_UTC_S, episode, 0.9))
        await asyncio.sleep(0)

    async def cry(self, seconds: float, episode: str = ID) -> None:
        started_s = self.now_s
        await self.begin(episode)
        await self.hear(seconds)
        self.bus.publish(CryEnded(self.now_s, episode, STARTED_UTC_S, self.now_s - started_s, 0.9, 5.0, "calm"))
        await asyncio.sleep(0)


@asynccontextmanager
async def clip_room(
    folder: Path, settings: ClipSettings = SETTINGS, retention_utc_s: float = STARTED_UTC_S
) -> AsyncIterator[ClipRoom]:
    made = ClipRoom(folder, settings, retention_utc_s)
    task = asyncio.create_task(made.clip_task.run())
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        task.cancel()
        await made.clip_task.close(5.0)


def recorded(path: Path) -> NDArray[np.float64]:
    samples, rate = soundfile.read(path)
    assert rate == RATE_HZ
    return np.asarray(samples)


def make_clip(folder: Path, episode: str, seconds: float = 1.0) -> None:
    writer = ClipWriter(folder / FOLDER, episode, 0.5, 10)
    writer.write(np.full(round(seconds * RATE_HZ), 0.25, np.float32))
    writer.finish()


def raw_files(folder: Path) -> list[Path]:
    return list((folder / FOLDER).glob("*.pcm"))


async def test_an_episode_is_recorded_from_before_its_beginning(tmp_path: Path) -> None:
    async with clip_room(tmp_path) as room:
        await room.hear(14.4)
        await room.cry(24.0)
    (clip,) = ClipStore(tmp_path).clips()
    assert (clip.episode, clip.lead_in_s, clip.length_s) == (ID, 10.0, 34.0)
    assert clip.started_utc_s == pytest.approx(STARTED_UTC_S - 10)
    path = ClipStore(tmp_path).path(ID)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    begin = round(4.4 * RATE_HZ)
    np.testing.assert_allclose(recorded(path), room.sound[begin : begin + 34 * RATE_HZ], atol=1 / 32767)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


async def test_a_gap_in_the_sound_is_silence_of_the_same_length(tmp_path: Path) -> None:
    async with clip_room(tmp_path) as room:
        await room.hear(12.0)
        await room.begin()
        await room.hear(2.4)
        room.now_s += 12.0  # longer than the ring
        await room.hear(2.4)
        room.bus.publish(CryEnded(room.now_s, ID, STARTED_UTC_S, 16.8, 0.9, 5.0, "calm"))
        await asyncio.sleep(0)
    sound = recorded(ClipStore(tmp_path).path(ID))
    assert len(sound) == round((10 + 16.8) * RATE_HZ)
    assert not sound[round(12.4 * RATE_HZ) : round(24.4 * RATE_HZ)].any()


async def test_a_clip_ends_after_the_longest_time_and_the_next_one_begins_afresh(tmp_path: Path) -> None:
    settings = ClipSettings(enabled=True, consent=CONSENT, keep_free_mb=10, longest_min=0.2)
    async with clip_room(tmp_path, settings) as room:
        await room.hear(2.4)
        await room.cry(36.0)
        await room.cry(6.0, "20261124T031602480Z")
    later, first = ClipStore(tmp_path).clips()
    assert [first.lead_in_s, first.length_s] == pytest.approx([2.4, 14.4])
    assert [later.lead_in_s, later.length_s] == pytest.approx([10.0, 16.0])


def test_what_a_killed_daemon_was_recording_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    program = f"""
        import os, signal
        import numpy as np
        from pathlib import Path
        from babycryd.clips.writer import ClipWriter
        writer = ClipWriter(Path({str(tmp_path / FOLDER)!r}), {ID!r}, 2.5, 10)
        for _ in range(5):
            writer.write(np.full(16000, 0.25, np.float32))
        Path({str(tmp_path / FOLDER / "20261124T031502481Z.flac.partial")!r}).write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False).returncode == -signal.SIGKILL
    assert ClipStore(tmp_path).clips() == []
    (raw,) = raw_files(tmp_path)
    assert stat.S_IMODE(raw.stat().st_mode) == 0o600
    with raw.open("ab") as file:
        file.write(b"\x01")  # half a sample
    ClipStore(tmp_path).finish_interrupted()
    (clip,) = ClipStore(tmp_path).clips()
    assert (clip.length_s, clip.lead_in_s) == (5.0, 2.5)
    assert [each.name for each in (tmp_path / FOLDER).iterdir()] == [f"{ID}.flac"]


def test_an_empty_recording_leaves_nothing(tmp_path: Path) -> None:
    raw = tmp_path / f"{ID}-0.pcm"
    raw.touch()
    encode(raw)
    assert list(tmp_path.iterdir()) == []


async def test_clips_go_one_by_one_or_all_at_once(tmp_path: Path) -> None:
    clip_queries: Clips = ClipQueries(tmp_path)
    assert await clip_queries.clips() == []
    assert await clip_queries.delete_all() == 0
    ids = [f"20261124T0315024{n}0Z" for n in range(4)]
    for each in ids:
        make_clip(tmp_path, each)
    (tmp_path / FOLDER / "mine.flac").write_bytes(b"of another program")
    await clip_queries.delete(ids[1])
    assert [clip.episode for clip in await clip_queries.clips()] == [ids[3], ids[2], ids[0]]
    with pytest.raises(RecordsError, match="no clip"):
        await clip_queries.delete(ids[1])
    assert await clip_queries.delete_all() == 3
    assert [each.name for each in (tmp_path / FOLDER).iterdir()] == ["mine.flac"]


@pytest.mark.parametrize("name", ["", ".", "..", "../feedback", "mine", f"{ID}/../../x", f"{ID}\n", "*", "2026"])
async def test_nothing_else_can_be_opened_or_deleted(tmp_path: Path, name: str) -> None:
    make_clip(tmp_path, ID)
    (tmp_path / "feedback.flac").write_bytes(b"x")
    (tmp_path / FOLDER / "mine.flac").write_bytes(b"x")
    clip_queries = ClipQueries(tmp_path)
    for ask in (clip_queries.file, clip_queries.delete, lambda name: clip_queries.picture(name, None)):
        with pytest.raises(RecordsError, match="no clip"):
            await ask(name)
    assert len(list(tmp_path.rglob("*.flac"))) == 3  # noqa: ASYNC240  # nothing runs meanwhile


async def test_a_recording_can_be_deleted_while_it_runs(tmp_path: Path) -> None:
    async with clip_room(tmp_path) as room:
        await room.hear(12.0)
        await room.begin()
        await room.hear(2.4)
        await until(lambda: raw_files(tmp_path))
        await ClipQueries(tmp_path).delete(ID)
        await room.hear(2.4)
        room.bus.publish(CryEnded(room.now_s, ID, STARTED_UTC_S, 4.8, 0.9, 5.0, "calm"))
        await room.cry(6.0, "20261124T031602480Z")
    assert [clip.episode for clip in ClipStore(tmp_path).clips()] == ["20261124T031602480Z"]
    assert room.clip_task.trouble is None


def test_old_clips_go_and_then_the_oldest(tmp_path: Path) -> None:
    days = [f"202611{day}T031502480Z" for day in range(10, 25)]
    for each in days:
        make_clip(tmp_path, each, seconds=30)
    store = ClipStore(tmp_path)
    store.tidy(STARTED_UTC_S + 1, keep_days=10, max_mb=500)
    assert [clip.episode for clip in store.clips()] == days[:4:-1]
    one_mb = store.clips()[0].n_bytes / 1e6
    store.tidy(STARTED_UTC_S + 1, keep_days=10, max_mb=3.5 * one_mb)
    assert [clip.episode for clip in store.clips()] == days[:-4:-1]


async def test_when_the_clock_is_set_the_clips_of_this_run_move_and_earlier_ones_stay(tmp_path: Path) -> None:
    earlier, first, second = "20261120T031502480Z", "19700101T000020000Z", "19700101T000055000Z"
    make_clip(tmp_path, earlier)
    async with clip_room(tmp_path, retention_utc_s=0.0) as room:
        await room.hear(12.0)
        await room.cry(6.0, first)
        await room.begin(second)
        await room.hear(2.4)
        room.bus.publish(ClockSet(room.now_s, 1_795_490_000.0))
        await room.hear(2.4)
        room.bus.publish(CryEnded(room.now_s, second, STARTED_UTC_S, 4.8, 0.9, 5.0, "calm"))
        await asyncio.sleep(0)
    store = ClipStore(tmp_path)
    started = {each.episode: each.started_utc_s + each.lead_in_s for each in store.clips()}
    assert started == pytest.approx({first: 1_795_490_020.0, second: 1_795_490_055.0, earlier: 1_795_144_502.48})
    assert [each.lead_in_s for each in store.clips()] == [10.0, 10.0, 0.5]
    store.tidy(1_795_490_100.0, keep_days=1, max_mb=500)  # by their ids they are 56 years old
    assert [each.episode for each in store.clips()] == [second, first]


def test_a_recording_that_was_cut_off_after_the_clock_was_set_has_the_right_time(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / FOLDER, "19700101T000020000Z", 0.5, 10)
    writer.write(np.full(RATE_HZ, 0.25, np.float32))
    writer.move(1e9)
    writer.move(-3600.0)
    writer.write(np.full(RATE_HZ, 0.25, np.float32))  # and then it was killed
    ClipStore(tmp_path).finish_interrupted()
    (clip,) = ClipStore(tmp_path).clips()
    assert (clip.length_s, clip.lead_in_s, clip.started_utc_s) == (2.0, 0.5, 1e9 - 3600 + 20 - 0.5)


def test_one_recording_that_cannot_be_finished_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / f"{ID}.pcm").write_bytes(bytes(100))  # no lead-in in its name
    (folder / "99999999T999999999Z-0+5.pcm").write_bytes(bytes(100))  # no such day
    (folder / "20261124T031502481Z-0.pcm").mkdir()
    (folder / "a.partial").mkdir()
    os.mkfifo(folder / "20261124T031502482Z-0.pcm")
    (folder / "20261124T031502483Z-0.pcm").symlink_to("/dev/zero")
    (folder / "20261124T031502484Z-0.pcm").write_bytes(bytes(2 * RATE_HZ))
    ClipStore(tmp_path).finish_interrupted()
    assert [each.episode for each in ClipStore(tmp_path).clips()] == ["20261124T031502484Z"]
    assert "99999999T999999999Z-0+5.pcm is left as it is" in caplog.text


def test_what_is_too_old_goes_half_at_once_and_with_a_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for number in range(4):
        make_clip(tmp_path, f"2026112{number}T031502480Z")
    store, left = ClipStore(tmp_path), []
    for _ in range(4):
        store.tidy(10 * STARTED_UTC_S, keep_days=14, max_mb=500)
        left.append(len(store.clips()))
    assert left == [2, 1, 0, 0]
    assert caplog.text.count("older than clips.keep_days (14)") == 3
    assert "20261120T031502480Z, 20261121T031502480Z" in caplog.text


async def test_too_little_room_is_told_and_nothing_is_recorded(tmp_path: Path) -> None:
    async with clip_room(tmp_path, ClipSettings(enabled=True, consent=CONSENT, keep_free_mb=10**9)) as room:
        await room.hear(2.4)
        await room.cry(6.0)
        await until(lambda: room.clip_task.trouble)
    assert "make room" in (room.clip_task.trouble or "")
    assert ClipStore(tmp_path).clips() == []


async def test_a_disk_that_fills_up_costs_the_rest_of_the_clip(small_disk: Path) -> None:
    settings = ClipSettings(enabled=True, consent=CONSENT, keep_free_mb=0)
    async with clip_room(small_disk, settings) as room:
        await room.hear(12.0)
        await room.cry(40.0)
        await until(lambda: room.clip_task.trouble)
        assert "No space left" in (room.clip_task.trouble or "")
    (raw,) = raw_files(small_disk)  # there is no room for its FLAC either
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)  # noqa: ASYNC221  # nothing runs meanwhile
    ClipStore(small_disk).finish_interrupted()
    (clip,) = ClipStore(small_disk).clips()
    assert 20 < clip.length_s < 40
    assert not raw.exists()


def test_clips_need_the_sentence_word_for_word(tmp_path: Path) -> None:
    assert not ClipSettings().enabled
    path = tmp_path / "babycryd.yaml"
    for wrong in ("", "consent: yes", "consent: I know"):
        path.write_text(f"clips:\n  enabled: true\n  {wrong}\n")
        with pytest.raises(Exception, match=r"clips\.consent"):
            load(path)
    path.write_text(f'clips:\n  enabled: true\n  consent: "{CONSENT}"\n')
    assert load(path).clips.enabled
