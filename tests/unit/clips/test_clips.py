"""Recordings of cries: what is recorded, and only with consent."""

import asyncio
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from babycryd.clips.settings import CONSENT, ClipSettings
from babycryd.clips.store import ClipStore
from babycryd.clips.writer import RATE_HZ
from babycryd.config.load import load
from babycryd.core.events import CryEnded
from tests.support.clip_room import ID, STARTED_UTC_S, clip_room, raw_files, recorded
from tests.support.patience import until


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
