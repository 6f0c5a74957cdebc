"""What ffmpeg's last words mean for the owner. The words are those of ffmpeg 5.1 and 7.1."""

import pytest

from babycryd.capture.ffmpeg_errors import reason_of

END = "\n[concat @ 0x5623b6528980] Impossible to open 'rtsp://anna:hunter2@cam/x'\npipe:0: Invalid data found when"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("[rtsp @ 0x55a1] method DESCRIBE failed: 401 Unauthorized", "refuses the login"),
        ("[http @ 0x55a1] HTTP error 403 Forbidden", "refuses the login"),
        ("[rtsp @ 0x5576] method DESCRIBE failed: 404 Not Found", "knows no such stream"),
        ("[rtsp @ 0x55a1] method PLAY failed: 454 Session Not Found", "has no sound track"),
        ("Stream map '0:a:0' matches no streams.", "has no sound track"),
        ("[tcp @ 0x5633] Failed to resolve hostname cam: Name or service not known", "has a name that no name server"),
        ("[tcp @ 0x5633] Connection to tcp://cam:554 failed: Connection refused", "refuses the connection"),
        ("[tcp @ 0x5633] Connection to tcp://cam:554 failed: No route to host", "cannot be reached"),
        ("[http @ 0x5633] HTTP error 503 Service Unavailable", "is not ready"),
        ("[hls @ 0x5633] Protocol 'file' not on whitelist, not in whitelist", "sends a kind of sound"),
        ("", "sends nothing that ffmpeg can read as sound"),
    ],
)
def test_each_fault_has_its_reason_and_no_secret(words: str, reason: str) -> None:
    told = reason_of(words + END, "the camera")
    assert told.startswith(f"the camera {reason}")
    assert "hunter2" not in told


def test_an_unknown_fault_is_quoted_the_same_each_time_and_without_its_url() -> None:
    first, second = (
        reason_of(f"[aac @ {at}] something odd at 'rtsp://anna:hunter2@cam/x'\n", "cam") for at in ("0x1", "0x2")
    )
    assert first == second == "cam has ended the stream (ffmpeg: something odd at 'URL')"
    ended = "[http @ 0x1] Stream ends prematurely at 52143, should be 18446744073709551615"
    assert reason_of(ended, "cam") == reason_of("", "cam")
    assert reason_of("", "cam") == "cam has ended the stream: does it restart?"


def test_a_number_in_ffmpegs_words_is_no_status() -> None:
    words = "[http @ 0x5404] Stream ends prematurely at 404480, should be 18446744073709551615\n"
    assert reason_of(words, "cam") == "cam has ended the stream: does it restart?"
