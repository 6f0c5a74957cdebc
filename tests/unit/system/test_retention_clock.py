"""A wrong clock does not make anything old; a right one does, in time."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from babycryd.system.retention_clock import FILE, RATE, RetentionClock

T_S = 1_795_000_000.0
DAY_S = 86_400.0


@dataclass
class Time:
    """What the clocks show."""

    utc_s: float = T_S
    steady_s: float = 0.0

    def run(self, seconds: float) -> None:
        self.utc_s += seconds
        self.steady_s += seconds


def clock_in(folder: Path, time: Time) -> RetentionClock:
    return RetentionClock(folder, lambda: time.utc_s, lambda: time.steady_s)


def test_it_goes_with_the_wall_clock(tmp_path: Path) -> None:
    time = Time()
    clock = clock_in(tmp_path, time)
    assert clock.now() == T_S
    time.run(10 * DAY_S)
    assert clock.now() == T_S + 10 * DAY_S
    assert clock.behind_s() == 0


@pytest.mark.parametrize("restarted", [False, True])
def test_after_a_jump_it_catches_up_with_the_hours_it_runs(tmp_path: Path, *, restarted: bool) -> None:
    time = Time()
    clock = clock_in(tmp_path, time)
    clock.save()
    time.utc_s += 20 * DAY_S
    if restarted:
        clock = clock_in(tmp_path, time)
    assert clock.now() == pytest.approx(T_S)
    assert clock.behind_s() == pytest.approx(20 * DAY_S)
    time.run(3600.0)
    assert clock.now() == pytest.approx(T_S + RATE * 3600)
    time.run(20 * DAY_S / (RATE - 1))
    assert clock.now() == pytest.approx(time.utc_s)


def test_a_wrong_clock_that_was_put_right_leaves_nothing_behind(tmp_path: Path) -> None:
    time = Time()
    clock = clock_in(tmp_path, time)
    time.utc_s += 1100 * DAY_S
    time.run(60.0)
    clock.now()
    clock.save()
    time.utc_s -= 1100 * DAY_S
    again = clock_in(tmp_path, time)
    assert again.now() == pytest.approx(time.utc_s)
    time.utc_s += 1100 * DAY_S
    assert again.now() <= T_S + (RATE + 1) * 60


def test_a_clock_that_was_never_set_makes_nothing_old(tmp_path: Path) -> None:
    time = Time(utc_s=20.0)
    clock = clock_in(tmp_path, time)
    assert clock.now() == 0
    clock.save()
    assert not (tmp_path / FILE).exists()
    time.utc_s = T_S  # from the network
    assert clock.now() == 0  # what this run has written moves first
    time.run(61.0)
    assert clock.now() == T_S + 61


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"utc_s": NaN}', b'{"utc_s": "soon"}', b'{"utc_s": 1e400}', b"\xff" * 2000]
)
def test_without_a_file_that_makes_sense_the_newest_file_of_the_folder_counts(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.sqlite3").touch()
    (tmp_path / FILE).write_bytes(content)
    for path in tmp_path.iterdir():
        os.utime(path, (T_S, T_S))
    time = Time(utc_s=T_S + 1100 * DAY_S)
    assert clock_in(tmp_path, time).now() == pytest.approx(T_S)


def test_a_pipe_or_a_folder_in_its_place_holds_up_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    os.mkfifo(tmp_path / FILE)
    assert clock_in(tmp_path, Time(utc_s=T_S)).now() > 0
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    clock = clock_in(tmp_path, Time(utc_s=T_S))
    clock.save()
    clock.save()
    assert caplog.text.count("cannot be written") == 1
