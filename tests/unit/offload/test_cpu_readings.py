"""How busy this computer says it is: from files as the kernel and the firmware write them."""

import time
from pathlib import Path

import pytest

from babycryd.offload.cpu_readings import CpuReadings


def some_waited(file: Path, seconds: float) -> None:
    """As Linux tells it, in microseconds."""
    total = int(seconds * 1e6)
    file.write_text(
        f"some avg10=1.23 avg60=0.98 avg300=0.50 total={total}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Pressure, throttling, and a folder of thermal zones, all missing."""
    return tmp_path / "cpu", tmp_path / "get_throttled", tmp_path / "thermal"


def readings(files: tuple[Path, Path, Path], lag_s: float = 0.0) -> CpuReadings:
    return CpuReadings(lambda: lag_s, *files)


def test_pressure_is_the_share_of_time_since_the_last_look(files: tuple[Path, Path, Path]) -> None:
    some_waited(files[0], 100.0)
    began_s = time.monotonic()
    looked = readings(files)
    time.sleep(0.2)
    some_waited(files[0], 100.1)
    pressure = looked.take().pressure
    lasted_s = time.monotonic() - began_s
    assert pressure is not None
    assert 0.1 / lasted_s <= pressure <= 0.5
    assert looked.take().pressure == 0.0


@pytest.mark.parametrize("text", [None, "", "some avg10=nonsense\n", "\xff\xfe"])
def test_without_pressure_there_is_the_load(text: str | None, files: tuple[Path, Path, Path]) -> None:
    if text is not None:
        files[0].write_text(text, "latin-1")
    told = readings(files).take()
    assert told.pressure is None
    assert told.load is not None


def test_own_cpu_is_the_share_that_this_process_used_since_the_last_reading(files: tuple[Path, Path, Path]) -> None:
    def now_s() -> tuple[float, float]:
        return time.process_time(), time.monotonic()

    before = now_s()
    looked = readings(files)
    begun = now_s()
    while time.process_time() < begun[0] + 0.2:
        pass
    almost = now_s()
    own_cpu = looked.take().own_cpu
    after = now_s()
    # A busy machine may stop us at any of these lines
    least = (almost[0] - begun[0]) / (after[1] - before[1])
    most = (after[0] - before[0]) / (almost[1] - begun[1])
    assert least <= own_cpu <= most
    time.sleep(0.3)
    assert looked.take().own_cpu < own_cpu


@pytest.mark.parametrize(
    ("text", "throttled"),
    [
        ("0", False),
        ("50000", False),  # under-voltage and throttling have happened, but are over
        ("1", True),  # too little current, now
        ("4", True),
        ("50005", True),
        ("8", True),  # the soft temperature limit
        ("nonsense", False),
    ],
)
def test_what_the_firmware_says_now_counts(text: str, throttled: bool, files: tuple[Path, Path, Path]) -> None:  # noqa: FBT001  # a case
    files[1].write_text(text + "\n")
    assert readings(files).take().throttled == throttled


@pytest.mark.parametrize(("millidegrees", "hot"), [("45000", False), ("81999", False), ("82000", True), ("x", False)])
def test_where_there_is_no_firmware_the_thermal_zones_tell(
    millidegrees: str,
    hot: bool,  # noqa: FBT001  # a case
    files: tuple[Path, Path, Path],
    tmp_path: Path,
) -> None:
    for zone, text in (("thermal_zone0", "40000"), ("thermal_zone1", millidegrees)):
        (tmp_path / "thermal" / zone).mkdir(parents=True)
        (tmp_path / "thermal" / zone / "temp").write_text(text + "\n")
    assert readings(files).take().throttled == hot


def test_the_lag_is_asked_for_each_time(files: tuple[Path, Path, Path]) -> None:
    assert readings(files, lag_s=1.5).take().lag_s == 1.5
