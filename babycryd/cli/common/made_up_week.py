"""Made-up nights in the demo's state folder: the history and the memory of soothing that its page shows."""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final

from babycryd.demo.week import MadeUpNights, made_up_nights
from babycryd.history.database import FILE
from babycryd.history.store import HistoryStore
from babycryd.soothe.memory_file import to_json
from babycryd.soothe.memory_store import FILE as MEMORY
from babycryd.soothe.sound_memory import Try
from babycryd.system.files import write_whole

_NIGHTS: Final = 28  # the last week, and three before it for the trend


def write_made_up_week(folder: Path, now_utc_s: float, seed: int) -> None:
    """Fill the state folder with made-up nights until now. Raises OSError, sqlite3.Error."""
    today = datetime.fromtimestamp(now_utc_s).astimezone().date()
    days = [today - timedelta(days=back) for back in range(_NIGHTS - 1, -1, -1)]
    made = made_up_nights([datetime.combine(day, time()).timestamp() for day in days], now_utc_s, seed)
    folder.mkdir(parents=True, exist_ok=True)
    store = HistoryStore(folder / FILE)
    for each in made.episodes:
        store.keep([each, *each.lullabies, *each.sounds])
    store.keep(made.stretches)
    store.close()
    write_whole(folder / MEMORY, to_json(_tries(made)).encode())


def _tries(made: MadeUpNights) -> list[Try]:
    return [
        Try(lullaby.started_utc_s, each.id, sound.sound, True, sound.outcome, sound.took_s)
        for each in made.episodes
        for sound, lullaby in zip(each.sounds, each.lullabies, strict=True)
        if sound.outcome is not None and sound.took_s is not None
    ]
