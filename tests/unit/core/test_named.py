"""What names a host, a path or a thing is refused with its remedy where no resolver and no disk could know it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.named import fault_of, shown

ALONE = "must be a name or address alone: write "


@pytest.mark.parametrize(
    "host",
    [
        "",
        "homeassistant.local",
        "homeassistant.local.",
        "localhost",
        "core-mosquitto",
        "my_pi",
        "10.0.0.5",
        "0.0.0.0",  # noqa: S104  # a text
        "::",
        "::1",
        "fe80::1%eth0",
        "kinderzimmer-küche.fritz.box",
        "дом.рф",
        "x" * 63,
    ],
)
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    assert fault_of(host, "host") is None


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("mqtt://10.0.0.5", f"{ALONE}10.0.0.5"),
        ("mqtts://broker:8883", f"{ALONE}broker, and the port under a key of its own: port: 8883"),
        ("ws://broker:9001/mqtt", f"{ALONE}broker, and the port"),
        ("http://[::1]:1883/", f"{ALONE}::1, and the port"),
        ("//broker", "no name and no address"),
        ("broker:1883", f"{ALONE}broker, and the port under a key of its own: port: 1883"),
        ("broker:", f"{ALONE}broker"),
        ("broker/", f"{ALONE}broker"),
        ("[::1]", f"{ALONE}::1"),
        ("[::1]:1883", f"{ALONE}::1, and the port"),
        ("user@broker", f"{ALONE}broker"),
        (" broker", "begins or ends with a blank: write 'broker'"),
        ("broker ", "begins or ends with a blank: write 'broker'"),
        ("   ", "holds nothing but blanks"),
        ("bro ker", "no name and no address"),
        ("broker\u00a0", "'broker[U+00A0]' holds a character that cannot be seen"),
        ("broker\u200b", "'broker[U+200B]'"),
        ("\ufeffbroker", "'[U+FEFF]broker'"),
        ("bro\u00adker", "'bro[U+00AD]ker'"),
        ("\u202ebroker", "'[U+202E]broker'"),
        ("broker\t", "'broker[U+0009]'"),
        ("bro\u3164ker", "'bro[U+3164]ker'"),
        ("bro\u200dker", "no name and no address"),
        ("“broker”", "stands in quotes that belong to it: write broker without them"),
        ("'broker'", "write broker without them"),
        ("„broker“", "write broker without them"),
        ("”", "holds nothing but quotes"),
        ("${BROKER}", "'${BROKER}' is a variable, which is not replaced here: write its value"),
        ("$BROKER", "is a variable"),
        ("%BROKER%", "is a variable"),
        ("10.0.0", "no name and no address"),
        ("10.0.0.256", "no name and no address"),
        ("10.0.0.5,10.0.0.6", "no name and no address"),
        ("10.0.0.0/24", f"{ALONE}10.0.0.0"),
        ("a..b", "no name and no address"),
        ("-a", "no name and no address"),
        ("ｂｒｏｋｅｒ", "no name and no address"),  # noqa: RUF001  # full width
        ("broker。local", "no name and no address"),
        ("broker–1", "no name and no address"),  # a dash
        ("x" * 64, "no name and no address"),
        ("a." * 127, "no name and no address"),
        ("*", "no name and no address"),
    ],
)
def test_any_other_host_is_refused_with_its_remedy(host: str, said: str) -> None:
    found = fault_of(host, "host")
    assert found is not None
    assert said in found


def test_a_password_in_a_url_is_not_repeated() -> None:
    for host in ("mqtt://me:secret@broker:1883", "mqtt://me:sec@ret@bro ker"):
        found = fault_of(host, "host")
        assert found is not None
        assert "sec" not in found


@pytest.mark.parametrize(
    "path",
    ["/etc/babycryd/key.json", "~/songs", "night.wav", "/srv/Schlaf, Kindlein (1)", "/srv/مرا\u200cدوست", "it's"],
)
def test_a_path_may_have_any_letters(path: str) -> None:
    assert fault_of(path, "path") is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/srv/songs ", "begins or ends with a blank"),
        ("/srv/songs\u200b", "[U+200B]"),
        ("“/srv/songs”", "write /srv/songs without them"),
        ("${HOME}/songs", "is a variable"),
        ("$HOME/songs", "is a variable"),
        ("file:///srv/songs", "is a URL"),
        ("file:/srv/songs", "is a URL"),
        ("https://example.org/a.wav", "is a URL"),
    ],
)
def test_a_path_is_refused_with_its_remedy(path: str, said: str) -> None:
    found = fault_of(path, "path")
    assert found is not None
    assert said in found


def test_things_may_have_other_signs() -> None:
    for name in ("usb:0d8c:0014", "RØDE NT-USB: Audio (hw:1,0)", "Anna’s AirPods", "babycryd/{device_id}"):
        assert fault_of(name, "thing") is None
    assert fault_of("USB\u00a0Audio", "thing") is not None
    assert fault_of("anything\u200b at all ", "") is None


@given(st.text())
def test_no_text_raises_and_what_is_shown_can_be_seen(text: str) -> None:
    for names in ("", "thing", "path", "host"):
        fault_of(text, names)
    assert shown(text).isprintable()
