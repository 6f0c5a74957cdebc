"""The feedback task between the bus, the file and the detector."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from babycryd.core.bus import Bus
from babycryd.core.command_values import CommandError
from babycryd.core.commands import Feedback
from babycryd.core.events import CryStarted
from babycryd.feedback import task as keeping
from babycryd.feedback.book import EMBEDDING, BookEntry
from babycryd.feedback.store import FeedbackStore
from babycryd.feedback.task import FeedbackTask
from tests.support.patience import until


async def test_an_episode_is_kept_and_its_mark_is_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "CHECK_EVERY_S", 0.05)
    bus, store, heard = Bus(), FeedbackStore(tmp_path), list[Sequence[BookEntry]]()
    feedback_task = FeedbackTask(store, "sha", bus.subscribe("feedback"), heard.append)
    task = asyncio.create_task(feedback_task.run())
    store.add(BookEntry("old", (1.0,) * EMBEDDING, "another model", cry=False))
    bus.publish(CryStarted(1.0, 1e9, "e1", 0.9, (0.5,) * EMBEDDING))
    bus.publish(CryStarted(2.0, 1e9, "without", 0.9))
    await until(lambda: "e1" in [one.episode for one in store.read().entries])
    await asyncio.to_thread(store.mark, False, "e1")
    await until(lambda: heard and heard[-1])
    assert [(one.episode, one.cry) for one in heard[-1]] == [("e1", False)]
    assert "without" not in [one.episode for one in store.read().entries]
    task.cancel()


async def test_what_the_second_opinion_heard_is_kept_and_learnt_by_the_same_network_only(tmp_path: Path) -> None:
    bus, store, heard = Bus(), FeedbackStore(tmp_path), list[Sequence[BookEntry]]()
    told = FeedbackTask(store, "sha", bus.subscribe("feedback"), heard.append, second_model="new")
    task = asyncio.create_task(told.run())
    numbers = (0.5,) * EMBEDDING
    store.add(BookEntry("e0", numbers, "sha", False, numbers, "old"))
    bus.publish(CryStarted(1.0, 1e9, "e1", 0.9, numbers, numbers))
    bus.publish(CryStarted(2.0, 1e9, "e2", 0.9, numbers))
    await until(lambda: len(store.read().entries) == 3)
    for episode in ("e1", "e2"):
        await told.execute(Feedback(cry=False, episode=episode))
    assert {one.episode: (one.second, one.second_model) for one in heard[-1]} == {
        "e0": ((), ""),
        "e1": (numbers, "new"),
        "e2": ((), ""),
    }
    assert store.read().entries[0].second_model == "old"  # nothing of the file is lost
    task.cancel()


async def test_a_disk_that_fails_is_told_once_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    bus = Bus()
    task = asyncio.create_task(
        FeedbackTask(FeedbackStore(tmp_path / "state"), "sha", bus.subscribe("f"), lambda _: None).run()
    )
    for number in range(3):
        bus.publish(CryStarted(1.0, 1e9, f"e{number}", 0.9, (0.5,) * EMBEDDING))
    await until(lambda: len(caplog.records) >= 2)
    await asyncio.sleep(0.2)
    complaints = [record.message for record in caplog.records]
    assert len(complaints) == len(set(complaints)) == 2  # it can be neither read nor written
    assert all("cannot be" in complaint for complaint in complaints)
    assert not task.done()
    task.cancel()


async def test_an_order_marks_an_episode_or_says_why_not(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    feedback_task = FeedbackTask(store, "sha", Bus().subscribe("feedback"), lambda _: None)
    with pytest.raises(CommandError, match="nothing to mark"):
        await feedback_task.execute(Feedback(cry=False))
    store.add(BookEntry("e1", (1.0,) * EMBEDDING, "sha"))
    assert await feedback_task.execute(Feedback(cry=False)) == {"episode": "e1", "cry": False}
    with pytest.raises(CommandError, match="no episode 'nowhere'"):
        await feedback_task.execute(Feedback(cry=True, episode="nowhere"))
    assert [one.cry for one in store.read().entries] == [False]


async def test_marks_are_told_once_and_again_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "CHECK_EVERY_S", 0.05)
    store, told = FeedbackStore(tmp_path), list[Mapping[str, bool | None]]()
    store.add(BookEntry("of another model", (1.0,) * EMBEDDING, "other", cry=False))
    store.add(BookEntry("e1", (1.0,) * EMBEDDING, "sha"))
    task = asyncio.create_task(FeedbackTask(store, "sha", Bus().subscribe("f"), lambda _: None, told.append).run())
    await until(lambda: told == [{"of another model": False}])
    await asyncio.to_thread(store.mark, True, "e1")
    await until(lambda: told[1:] == [{"e1": True}])
    await asyncio.to_thread(store.mark, False, "e1")
    await until(lambda: told[2:] == [{"e1": False}])
    task.cancel()


async def test_a_mark_is_learnt_and_told_at_once_and_can_be_taken_back(tmp_path: Path) -> None:
    store, learnt, told = FeedbackStore(tmp_path), list[int](), list[Mapping[str, bool | None]]()
    store.add(BookEntry("e1", (1.0,) * EMBEDDING, "sha"))
    task = FeedbackTask(store, "sha", Bus().subscribe("f"), lambda marks: learnt.append(len(marks)), told.append)
    await task.execute(Feedback(cry=False))
    assert (learnt, told) == ([1], [{"e1": False}])  # `run`, which looks every two seconds, does not run here
    assert await task.execute(Feedback(cry=None, episode="e1")) == {"episode": "e1", "cry": None}
    assert (learnt, told[1:]) == ([1, 0], [{"e1": None}])


async def test_an_old_episode_that_only_the_history_knows_is_marked_and_teaches_nothing(tmp_path: Path) -> None:
    learnt, told = list[Sequence[BookEntry]](), list[Mapping[str, bool | None]]()
    events = Bus().subscribe("f")
    task = FeedbackTask(FeedbackStore(tmp_path), "sha", events, learnt.append, told.append, lambda one: one == "old")
    assert await task.execute(Feedback(cry=False, episode="old")) == {"episode": "old", "cry": False}
    assert (learnt, told) == ([], [{"old": False}])
    with pytest.raises(CommandError, match="nothing to mark"):
        await task.execute(Feedback(cry=False, episode="never heard"))
