"""Clips on the disk: what is kept of them, who may read them, and how they go away again."""

import asyncio
import logging
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from babycryd.clips.queries import ClipQueries
from babycryd.clips.store import FOLDER, ClipStore
from babycryd.clips.writer import RATE_HZ, ClipWriter, encode
from babycryd.core.events import ClockSet, CryEnded
from babycryd.core.records import Clips, RecordsError
from tests.support.clip_room import ID, STARTED_UTC_S, clip_room, make_clip, raw_files
from tests.support.patience import until


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
