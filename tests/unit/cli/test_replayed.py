"""Recordings replayed in several processes: in order, and none is lost with a process that ends."""

import itertools
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.cli.common import replayed
from babycryd.cli.common.replayed import Replayed, ReplayOptions, replayed_in_processes
from babycryd.config import Settings

OPTIONS = ReplayOptions(Settings())


class FragilePool:
    """A pool in which some names end its processes: what is begun then, and what comes later, is broken.

    `jobs` recordings run at once, so that those beside the culprit are broken, too.
    """

    def __init__(self, culprits: set[str], jobs: int) -> None:
        self._culprits = culprits
        self._jobs = jobs
        self._names: list[str] = []
        self._futures: list[Future[Replayed]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, _: Any, name: str) -> "Future[Replayed]":
        self._names.append(name)
        self._futures.append(Future())
        self._settle()
        return self._futures[-1]

    def _settle(self) -> None:
        """Settle every future anew, as if all had been submitted at once."""
        first = next((n for n, name in enumerate(self._names) if name in self._culprits), len(self._names))
        begun = max(0, first - self._jobs + 1)
        for number, name in enumerate(self._names):
            future: Future[Replayed] = self._futures[number]
            future._state = "PENDING"
            future._exception = future._result = None
            if number < begun or first == len(self._names):
                future.set_result(Replayed((name,)))
            else:
                future.set_exception(BrokenProcessPool())


@given(
    names=st.lists(st.integers(0, 99).map(str), max_size=12, unique=True),
    culprits=st.sets(st.integers(0, 99).map(str)),
    jobs=st.integers(1, 4),
)
def test_only_the_culprit_has_an_error_and_the_order_stays(names: list[str], culprits: set[str], jobs: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replayed, "_pool", lambda _, count: FragilePool(culprits, count))
        results = list(itertools.islice(replayed_in_processes(names, OPTIONS, jobs), 100))
    assert len(results) == len(names)
    for name, result in zip(names, results, strict=True):
        if name in culprits:
            assert result.error is not None
            assert result.error.startswith(f"{name}: the process that read it ended")
        else:
            assert result == Replayed((name,))
