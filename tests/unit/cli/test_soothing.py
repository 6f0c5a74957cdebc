"""`babycryd soothing`: figures of what has calmed this baby."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.cli.main import main
from babycryd.soothe.memory_file import to_json
from babycryd.soothe.memory_store import FILE
from babycryd.soothe.sound_memory import Try

CALM = Try(1_790_000_000.0, "e1", "heartbeat", night=True, outcome="calm", took_s=100.0)
ALONE = replace(CALM, sound=None)


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "babycryd.yaml"
    path.write_text(f"state_dir: {tmp_path}\nsoothing:\n  strategy: learning\n")
    return str(path)


def test_what_calmed_is_shown(tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE).write_text(to_json([CALM] * 9 + [replace(CALM, outcome="same"), ALONE]))
    assert main(["soothing", "--config", config]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "soothing.strategy is learning"
    [heartbeat] = [line.split() for line in lines if line.startswith("heartbeat")]
    assert heartbeat[:-1] == ["heartbeat", "10", "90%", "1", "min", "40", "s"]
    assert "it settled alone in 1 of 1 silence before the first sound" in lines


def test_nothing_known_is_too_early_to_tell(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["soothing", "--config", config]) == 0
    assert "too early to tell" in capsys.readouterr().out
    assert main(["soothing", "--json", "--config", config]) == 0
    fields = json.loads(capsys.readouterr().out)
    assert (fields["strategy"], fields["best"], fields["sounds"][0]["tries"]) == ("learning", None, 0)


def test_forgetting_deletes_the_file(tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE).write_text(to_json([CALM]))
    assert main(["soothing", "--forget", "--config", config]) == 0
    assert not (tmp_path / FILE).exists()
    assert main(["soothing", "--forget", "--config", config]) == 0
    assert capsys.readouterr().out.splitlines() == ["what was learnt is deleted", "there was nothing to forget"]


@pytest.mark.parametrize(
    ("text", "told"), [('{"schema": 9}', "newer babycryd"), ("half of it", "is damaged"), ("[]", "is damaged")]
)
def test_a_file_that_cannot_be_understood_is_named_and_stays(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / FILE).write_text(text)
    assert main(["soothing", "--config", config]) == 1
    assert told in capsys.readouterr().err
    assert (tmp_path / FILE).read_text() == text
