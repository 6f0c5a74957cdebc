"""What a URL of a network microphone may be, how it is shown, and where name and password go."""

import pytest

from babycryd.capture.stream_url import LONGEST_URL, parse_stream_url, url_fault


@pytest.mark.parametrize(
    ("url", "shown", "whole"),
    [
        ("rtsp://cam.local/live/ch1", "rtsp://cam.local/…", "rtsp://us%20er:p%40s%2Fs%3A%27@cam.local/live/ch1"),
        ("http://10.0.0.2:8080/", "http://10.0.0.2:8080", "http://us%20er:p%40s%2Fs%3A%27@10.0.0.2:8080/"),
        (
            "http://cam/audio.cgi?usr={username}&pwd={password}",
            "http://cam/…",
            "http://cam/audio.cgi?usr=us%20er&pwd=p%40s%2Fs%3A%27",
        ),
        (
            "rtsps://192.168.1.1:7441/{password}",
            "rtsps://192.168.1.1:7441/…",
            "rtsps://192.168.1.1:7441/p%40s%2Fs%3A%27",
        ),
        ("rtsp://[fe80::1]:554/x", "rtsp://[fe80::1]:554/…", "rtsp://us%20er:p%40s%2Fs%3A%27@[fe80::1]:554/x"),
    ],
)
def test_name_and_password_are_encoded_and_never_shown(url: str, shown: str, whole: str) -> None:
    parsed = parse_stream_url(url)
    assert (parsed.shown, parsed.with_login("us er", "p@s/s:'")) == (shown, whole)


def test_without_a_login_the_url_stays_as_it_is() -> None:
    assert parse_stream_url("rtsp://cam:554/a?b=c").with_login("", None) == "rtsp://cam:554/a?b=c"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("rtsp://anna:hunter2@cam/x", "must not hold a name or password"),
        ("rtsp://hunter2@cam/x", "must not hold a name or password"),
        ("http://cam/x?user=a&pwd=hunter2", "holds a secret"),
        ("http://cam/x?token=hunter2", "holds a secret"),
        ("rtsp://cam:hunter2/x", "is no URL"),
        ("rtsp://[hunter2/x", "is no URL"),
        ("rtsp://cam/hunter2'\nfile '/etc/passwd", "holds a blank, a quote"),
        ("rtsp://cam/hunter2\\x", "holds a blank, a quote"),
        ("rtsp://cam/" + "hunter2" * LONGEST_URL, "holds a blank, a quote"),
        ("file:///hunter2", "must begin with rtsp://"),
        ("hunter2", "must begin with rtsp://"),
        ("rtsp:///hunter2", "names no computer"),
        ("udp://0.0.0.0", "needs a port"),
        ("tcp://0.0.0.0:5004", "must name the computer that sends"),
    ],
)
def test_a_fault_is_told_without_a_word_of_the_url(url: str, fault: str) -> None:
    told = url_fault(url)
    assert told is not None
    assert fault in told
    assert "hunter2" not in told
