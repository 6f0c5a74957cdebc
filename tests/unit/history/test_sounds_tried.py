"""The sounds that soothing tried, from the bus into the file and back."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

from babycryd.core.records import Episode, SoundTried
from babycryd.core.soothing_events import SoothingStep, SoundJudged
from babycryd.history.database import FILE, MIGRATIONS
from babycryd.history.recorder import Recorder
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader, HistoryStore
from babycryd.report.export import export

T_S = 1_700_000_000.0
EPISODE = Episode("e1", T_S, 200.0, 0.9, ended_utc_s=T_S + 200.0, reason="calm")
TRIED = (SoundTried("e1", 1, "twinkle", "same", 75.0), SoundTried("e1", 2, "rain", "calm", 40.0))


def read(folder: Path) -> dict[str, tuple[SoundTried, ...]]:
    return {each.id: each.sounds for each in HistoryReader(folder).episodes(0, T_S + 1e6)}


def test_a_sound_is_kept_when_it_begins_and_again_when_it_is_judged() -> None:
    recorder = Recorder("sha", threshold=0.5)
    events = (
        SoothingStep(1.0, T_S, "ladder", "settling", "e1", 0, None, 100),
        SoothingStep(2.0, T_S, "ladder", "playing", "e1", 1, "rain", 100),
        SoundJudged(200.0, "e1", 1, "rain", "calm", 42.0),
        SoothingStep(200.0, T_S, "ladder", "idle", None, 1, None, 100),
    )
    records = [record for event in events for record in recorder.take(event, T_S, "local")]
    assert records == [SoundTried("e1", 1, "rain"), SoundTried("e1", 1, "rain", "calm", 42.0)]


def test_the_judged_row_replaces_the_one_of_the_beginning(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / FILE)
    store.keep([EPISODE, replace(EPISODE, id="e2"), SoundTried("e1", 1, "twinkle"), *TRIED, SoundTried("e2", 1, "sea")])
    store.close()
    assert read(tmp_path) == {"e1": TRIED, "e2": (SoundTried("e2", 1, "sea"),)}


def test_sounds_go_with_their_episode(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / FILE)
    store.keep([EPISODE, replace(EPISODE, id="e2", started_utc_s=T_S + 900_000), *TRIED, SoundTried("e2", 1, "sea")])
    store.prune(T_S + 950_000, RetentionLimits(keep_days=5, max_mb=50))
    store.close()
    with sqlite3.connect(tmp_path / FILE) as file:
        assert file.execute("SELECT episode FROM sounds_tried").fetchall() == [("e2",)]
    file.close()


def test_a_file_of_before_gets_the_table(tmp_path: Path) -> None:
    before = HistoryStore(tmp_path / FILE, MIGRATIONS[:1])
    before.keep([EPISODE])
    before.close()
    store = HistoryStore(tmp_path / FILE)
    store.keep(TRIED)
    store.close()
    assert read(tmp_path) == {"e1": TRIED}


def test_an_outcome_that_only_another_version_knows_is_none(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / FILE)
    store.keep([EPISODE, *TRIED])
    store.close()
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("UPDATE sounds_tried SET outcome = 'laughed' WHERE step = 2")
    file.close()
    assert read(tmp_path)["e1"][1] == replace(TRIED[1], outcome=None)


def test_more_episodes_than_one_query_takes(tmp_path: Path) -> None:
    many = [replace(EPISODE, id=f"n{number:04d}", started_utc_s=T_S + number) for number in range(1100)]
    store = HistoryStore(tmp_path / FILE)
    store.keep([*many, SoundTried("n0000", 1, "rain"), SoundTried("n1099", 1, "sea")])
    store.close()
    found = read(tmp_path)
    assert len(found) == 1100
    assert [found[each][0].sound for each in ("n0000", "n1099")] == ["rain", "sea"]


def test_an_export_for_programs_has_them() -> None:
    (row,) = json.loads(export([replace(EPISODE, sounds=TRIED)], "json"))
    assert row["sounds"] == [
        {"sound": "twinkle", "title": "Twinkle", "step": 1, "outcome": "same", "took_s": 75.0},
        {"sound": "rain", "title": "Rain", "step": 2, "outcome": "calm", "took_s": 40.0},
    ]
    assert "rain" not in export([replace(EPISODE, sounds=TRIED)], "csv").decode()
