"""Passwords from files and from systemd's credentials."""

import logging
import os
from pathlib import Path

import pytest

from babycryd.config import ConfigError, read_secret


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "mqtt_password"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b" hun ter2\n# mine\n", " hun ter2"),
        (b"K\xc3\xbc", "Kü"),
    ],
)
def test_the_secret_is_the_first_line_with_the_spaces_before_and_in_it(
    tmp_path: Path, content: bytes, secret: str
) -> None:
    assert read_secret("mqtt_password", str(secret_file(tmp_path, content)), {}) == secret


def test_the_file_comes_before_the_credential_and_both_may_be_absent(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    secret_file(tmp_path / "credentials", b"from systemd")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    mine = str(secret_file(tmp_path, b"from the file"))
    assert read_secret("mqtt_password", mine, environ) == "from the file"
    assert read_secret("mqtt_password", "", environ) == "from systemd"
    assert read_secret("another", "", environ) is None
    assert read_secret("mqtt_password", None, {}) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "its first line is empty; write the secret there"),
        (b"\n", "its first line is empty"),
        (b" \t\r\n", "its first line is empty"),
        (b"\xef\xbb\xbf", "its first line is empty"),
        (b"\xffabc", "not UTF-8 text"),
        (b"\xff\xfea\0b\0c\0", "not UTF-8 text"),
        (b"\xef\xbb\xbfabc", "begins with an invisible byte-order mark (U+FEFF)"),
        (b"abc \n", "its first line ends in blanks"),
        (b"abc\t\r\n", "its first line ends in blanks"),
        (b"abc\xc2\xa0", "its first line ends in blanks"),
        (b"abc\0\0", "holds a control character"),
        (b"abc\xe2\x80\x8b", "holds a character that cannot be seen (U+200B)"),
        (b"abc\xef\xbb\xbfabc", "holds a character that cannot be seen (U+FEFF)"),
        (b"abc\xc2\xa0abc", "holds a character that cannot be seen (U+00A0)"),
        (b"abc" * 30_000, "cannot be read: it is larger than 65 kB"),
    ],
)
def test_an_unusable_secret_is_refused_without_showing_it(tmp_path: Path, content: bytes, said: str) -> None:
    path = secret_file(tmp_path, content)
    with pytest.raises(ConfigError) as caught:
        read_secret("mqtt_password", str(path), {})
    assert str(caught.value).startswith(f"{path}: mqtt_password: {said}")
    assert "abc" not in str(caught.value)


def test_a_file_that_is_not_there_or_a_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigError) as caught:
            read_secret("mqtt_password", str(path), {})
        assert str(caught.value).startswith(f"{path}: mqtt_password: cannot be read: ")
        assert "write the secret into this file" in str(caught.value)


def test_a_secret_that_everyone_can_read_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read_secret("mqtt_password", str(secret_file(tmp_path, b"hunter2", 0o640)), {})
    assert caplog.records == []
    path = secret_file(tmp_path, b"hunter2", 0o644)
    assert read_secret("mqtt_password", str(path), {}) == "hunter2"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"chmod 600 {path}" in record.getMessage()
    assert "hunter2" not in record.getMessage()


@pytest.mark.timeout(10)
def test_a_pipe_or_a_device_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path / "pipe", "a pipe"), (Path("/dev/zero"), "a device")):
        with pytest.raises(ConfigError, match=f"it is {kind}, not a plain file"):
            read_secret("mqtt_password", path, {})


def test_a_key_is_read_whole_and_may_end_in_blank_lines(tmp_path: Path) -> None:
    path = secret_file(tmp_path, b'{"a":\n 1}\n\n')
    assert read_secret("offload_key", path, {}, whole=True) == '{"a":\n 1}'
    path = secret_file(tmp_path, b'\xef\xbb\xbf{"a": 1}')
    with pytest.raises(ConfigError, match="byte-order mark"):
        read_secret("offload_key", path, {}, whole=True)


def test_the_home_of_a_user_who_does_not_exist_is_a_fault_of_the_file() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secret("mqtt_password", "~no-such-user/password", {})
