"""The book in two files: an episode costs the memory card little, and nothing is lost between the two."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.feedback import store as store_module
from babycryd.feedback.book import EMBEDDING, Book, BookEntry, FeedbackError, from_json, to_json
from babycryd.feedback.store import FILE, RECENT, FeedbackStore
from babycryd.system.files import write_whole

NUMBERS = st.integers(0, 9)
CHANGES = st.lists(st.tuples(NUMBERS, st.sampled_from(["add", True, False, None])), max_size=12)


def entry(number: int, *, cry: bool | None = None) -> BookEntry:
    return BookEntry(f"20261122T{number:09}Z", (float(number),) * EMBEDDING, "sha", cry)


def identity(path: Path) -> tuple[int, int]:
    return path.stat().st_ino, path.stat().st_mtime_ns


@given(changes=CHANGES)
def test_two_files_hold_what_one_book_would(
    changes: list[tuple[int, str | bool | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, book = tmp_path_factory.mktemp("state"), Book()
    for number, what in changes:
        known = {one.episode for one in book.entries}
        episode = entry(number).episode
        if what == "add" and episode not in known:
            book = book.with_episode(entry(number))
            FeedbackStore(folder).add(entry(number))
        elif not isinstance(what, str) and episode in known:
            book = book.marked(what, episode)[0]
            FeedbackStore(folder).mark(what, episode)
    assert FeedbackStore(folder).read().entries == tuple(sorted(book.entries, key=lambda one: one.episode))


def test_a_new_episode_leaves_the_marked_ones_where_they_are(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    store.add(entry(1))
    store.mark(cry=True)
    before = identity(tmp_path / FILE)
    store.add(entry(2))
    assert identity(tmp_path / FILE) == before
    assert [one.cry for one in store.read().entries] == [True, None]


def test_the_file_of_an_earlier_babycryd_is_divided(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(to_json(Book((entry(1, cry=False), entry(2)))))
    store = FeedbackStore(tmp_path)
    assert store.read().entries == (entry(1, cry=False), entry(2))
    store.add(entry(3))
    assert store.read().entries == (entry(1, cry=False), entry(2), entry(3))
    assert from_json((tmp_path / FILE).read_text(), FILE).entries == (entry(1, cry=False),)
    assert from_json((tmp_path / RECENT).read_text(), RECENT).entries == (entry(2), entry(3))


@pytest.mark.parametrize("cry", [True, None], ids=["marked", "taken back"])
def test_killed_between_the_two_files_an_episode_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, cry: bool | None
) -> None:
    store = FeedbackStore(tmp_path)
    store.add(entry(1))
    if cry is None:
        store.mark(cry=False)
    written: list[Path] = []

    def killed_at_the_second(path: Path, content: bytes) -> None:
        if written:
            raise OSError("killed")
        written.append(path)
        write_whole(path, content)

    monkeypatch.setattr(store_module, "write_whole", killed_at_the_second)
    with pytest.raises(FeedbackError, match="killed"):
        store.mark(cry)
    monkeypatch.undo()
    assert [one.episode for one in store.read().entries] == [entry(1).episode]
    store.mark(cry)
    assert store.read().entries == (entry(1, cry=cry),)


def test_one_broken_file_is_set_aside_and_the_other_stays(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    store.add(entry(1))
    store.mark(cry=True)
    (tmp_path / RECENT).write_text("half of it")
    store.add(entry(2))
    assert store.read().entries == (entry(1, cry=True), entry(2))
    assert next(tmp_path.glob(f"{RECENT}.broken-*")).read_text() == "half of it"


def test_both_files_are_deleted(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    assert not store.delete()
    store.add(entry(1))
    store.mark(cry=True)
    store.add(entry(2))
    assert store.delete()
    assert [each.name for each in tmp_path.iterdir()] == ["feedback.lock"]
