"""`babycryd report --week`: the digest of a week in words and as a picture."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from babycryd.cli.main import parser
from tests.support.daemon import write_config
from tests.support.sample_nights import DAY, easy_night
from tests.unit.report.test_nights import kept


@pytest.fixture
def in_berlin() -> Iterator[None]:
    """The computer stands where the sample nights are of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def config(tmp_path: Path, in_berlin: None) -> Path:
    kept(tmp_path, *(easy_night(DAY - timedelta(days=back)) for back in (1, 0)))
    return write_config(tmp_path, f"state_dir: {tmp_path}\n")


def report(config: Path, *words: str) -> int:
    arguments = parser().parse_args(["report", *words, "--config", str(config)])
    code: int = arguments.execute(arguments)
    return code


def test_the_week_is_told_and_drawn(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "week.png"
    assert report(config, "--week", "--date", DAY.isoformat(), "--out", str(picture)) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "The week until Tuesday, 24 November"
    assert "four cries on 2 of 2 nights, 28 minutes in all." in said.out.lower()
    assert said.err == f"babycryd report: written: {picture}\n"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert report(config, "--week", "--date", DAY.isoformat(), "--language", "fr") == 0
    assert capsys.readouterr().out.startswith("La semaine jusqu’au mardi 24 novembre\n")


@pytest.mark.parametrize("words", [["--since", "3d"], ["--out", "week.html"]])
def test_what_does_not_go_with_a_week_is_refused(
    config: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(config, "--week", *words) == 2
    assert "--week takes --date, and --out with a name that ends in .png" in capsys.readouterr().err
