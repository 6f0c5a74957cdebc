"""`babycryd feedback --list`: the length of an episode, as far as the history knows it."""

import re
import time
from pathlib import Path

import pytest

from babycryd.cli.main import main
from babycryd.core.records import Episode
from babycryd.feedback.book import EMBEDDING, BookEntry
from babycryd.feedback.store import FeedbackStore
from babycryd.history.retention import RetentionLimits
from babycryd.history.task import HistoryWriter
from tests.support.daemon import write_config


def test_an_episode_that_still_runs_has_no_end_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path, f"state_dir: {tmp_path}\nweb: {{enabled: false}}\n")
    store = FeedbackStore(tmp_path)
    for name in ("20261122T020000000Z", "20261122T030000000Z", "20261122T040000000Z"):
        store.add(BookEntry(name, (0.5,) * EMBEDDING, "model"))
    began_s = time.time() - 600
    ended = Episode("20261122T020000000Z", began_s, 95.0, 0.9, began_s + 95, "calm", 80.0)
    writer = HistoryWriter(tmp_path, RetentionLimits(400, 50))
    writer.keep([ended, Episode("20261122T030000000Z", began_s, 7.0, 0.9)], time.time())
    writer.close()
    assert main(["feedback", "--list", "--config", str(config)]) == 0
    lengths = [re.split(r"\s{2,}", line)[1] for line in capsys.readouterr().out.splitlines()]
    assert lengths == ["1 min 35 s", "no end yet", "-"]
