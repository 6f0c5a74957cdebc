"""`babycryd devices URL`: what it says of a network microphone."""

from pathlib import Path

import pytest

from babycryd.cli.main import main
from babycryd.core.check_result import CheckResult
from babycryd.monitoring import network_check
from tests.support.planted_secrets import PLANTED
from tests.support.ports import free_port


def test_what_is_wrong_with_a_url_is_told_without_quoting_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", f"rtsp://anna:{PLANTED.web_password}@cam/x"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("babycryd: the URL must not hold a name or password")
    assert PLANTED.web_password not in told


def test_a_camera_that_is_off_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", f"tcp://127.0.0.1:{free_port()}"]) == 1
    assert "refuses the connection" in capsys.readouterr().err


def test_a_password_file_is_read_and_a_missing_one_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["devices", "rtsp://127.0.0.1/x", "--username", "anna", "--password-file", str(tmp_path / "password")]
    assert main(arguments) == 1
    assert "No such file or directory" in capsys.readouterr().err
    (tmp_path / "password").write_text(f"{PLANTED.web_password}\n")
    (tmp_path / "password").chmod(0o600)
    given: list[object] = []

    async def check(capture: object, password: object) -> CheckResult:
        given.extend([capture, password() if callable(password) else None])
        return CheckResult("microphone", good=True, text="rtsp://127.0.0.1/…: -40 dBFS now")

    monkeypatch.setattr(network_check, "network_microphone", check)
    assert main(arguments) == 0
    assert given[1] == PLANTED.web_password
    assert capsys.readouterr().out == "rtsp://127.0.0.1/…: -40 dBFS now\n"
