"""Nothing the owner said is lost: not by two writers, not by a broken file, not by too many episodes."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.detect.scoring import EMBEDDING as CLASSIFIER_EMBEDDING
from babycryd.feedback.book import EMBEDDING, MOST_UNMARKED, Book, BookEntry, FeedbackError, from_json, to_json
from babycryd.feedback.store import FeedbackStore


def entry(number: int, *, cry: bool | None = None) -> BookEntry:
    return BookEntry(f"20261122T{number:09}Z", (float(number),) * EMBEDDING, "sha", cry)


def test_the_book_keeps_embeddings_of_the_classifiers_size() -> None:
    assert EMBEDDING == CLASSIFIER_EMBEDDING


@given(cries=st.lists(st.sampled_from([None, True, False]), max_size=20), heard=st.booleans())
def test_a_book_survives_its_json(cries: list[bool | None], *, heard: bool) -> None:
    book = Book(tuple(entry(number, cry=cry) for number, cry in enumerate(cries)))
    if heard:  # by the second opinion, too
        entries = tuple(replace(one, second=(0.25,) * EMBEDDING, second_model="other") for one in book.entries)
        book = Book(entries)
    assert from_json(to_json(book), "feedback.json") == book


def test_a_file_from_before_the_second_embedding_is_read_and_a_damaged_one_is_not() -> None:
    text = to_json(Book((replace(entry(1), second=(0.5,) * EMBEDDING, second_model="other"),)))
    row = json.loads(text)["episodes"][0]
    old = {name: value for name, value in row.items() if not name.startswith("second")}
    assert from_json(json.dumps({"schema": 1, "episodes": [old]}), "feedback.json").entries == (entry(1),)
    for broken in ([1.0], [float("nan")] * EMBEDDING, "x" * EMBEDDING, None):
        with pytest.raises(FeedbackError, match=r"feedback\.json"):
            from_json(json.dumps({"schema": 1, "episodes": [row | {"second": broken}]}), "feedback.json")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"schema": 1}', '{"schema": 1, "episodes": [{"episode": "a", "embedding": [1]}]}']
)
def test_a_damaged_file_is_named(text: str) -> None:
    with pytest.raises(FeedbackError, match=r"/x/feedback\.json"):
        from_json(text, "/x/feedback.json")


def test_a_file_of_a_newer_version_is_told_apart_from_a_damaged_one() -> None:
    with pytest.raises(FeedbackError, match=r"schema is 2.*upgrade"):
        from_json('{"schema": 2, "episodes": []}', "feedback.json")


def test_the_last_episode_is_marked_unless_another_is_named() -> None:
    book = Book((entry(1), entry(2)))
    assert book.marked(False)[0].entries == (entry(1), entry(2, cry=False))
    assert book.marked(True, entry(1).episode)[0].entries == (entry(1, cry=True), entry(2))
    with pytest.raises(FeedbackError, match=r"no episode 'x'.*000000002Z"):
        book.marked(True, "x")
    with pytest.raises(FeedbackError, match="nothing to mark"):
        Book().marked(True)


def test_of_too_many_the_oldest_unmarked_go() -> None:
    book = Book((entry(0, cry=False),))
    for number in range(1, MOST_UNMARKED + 20):
        book = book.with_episode(entry(number))
    assert len(book.entries) == MOST_UNMARKED + 1
    assert book.entries[0] == entry(0, cry=False)
    assert book.entries[-1] == entry(MOST_UNMARKED + 19)


REMEMBER_MANY = """
import sys
from pathlib import Path
from babycryd.feedback.book import EMBEDDING, BookEntry
from babycryd.feedback.store import FeedbackStore
for number in range(20):
    FeedbackStore(Path(sys.argv[1])).add(BookEntry(f"{sys.argv[2]}{number:02}", (0.5,) * EMBEDDING, "sha"))
"""


def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", REMEMBER_MANY, str(tmp_path), name]) for name in "ab"]
    assert [writer.wait(30) for writer in writers] == [0, 0]
    found = {one.episode for one in FeedbackStore(tmp_path).read().entries}
    assert found == {f"{name}{number:02}" for name in "ab" for number in range(20)}


def test_a_broken_file_is_set_aside_and_not_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "feedback.json").write_text("half of it")
    store = FeedbackStore(tmp_path)
    with pytest.raises(FeedbackError):
        store.read()
    store.add(entry(1))
    assert store.read().entries == (entry(1),)
    assert next(tmp_path.glob("feedback.json.broken-*")).read_text() == "half of it"
    assert "set aside" in caplog.text


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(FeedbackError, match=r"state.*cannot be written"):
        FeedbackStore(blocked).add(entry(1))


def test_the_file_changes_its_mark_when_it_changes(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "state")
    assert store.changed_at() == 0
    store.add(entry(1))
    before = store.changed_at()
    store.mark(True)
    assert store.changed_at() != before
    assert stat.S_ISREG((tmp_path / "state" / "feedback.json").stat().st_mode)
    assert {each.name for each in (tmp_path / "state").iterdir()} == {
        "feedback.json",
        "feedback-recent.json",
        "feedback.lock",
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_what_root_marks_stays_the_daemons(tmp_path: Path) -> None:
    daemon, store = 12_345, FeedbackStore(tmp_path)
    os.chown(tmp_path, daemon, daemon)
    with pytest.raises(FeedbackError, match="nothing to mark"):  # which must not lock the daemon out
        store.mark(cry=False)
    store.add(entry(1))
    store.mark(cry=False)
    assert {each.name: each.stat().st_uid for each in tmp_path.iterdir()} == {
        "feedback.json": daemon,
        "feedback-recent.json": daemon,
        "feedback.lock": daemon,
    }
