"""What is wrong with a file: each kind of fault, with its key, its line and its remedy, all at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from babycryd.config import ConfigError, Problem, Settings, settings_from
from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class Mixer:
    low_db: float = setting(-3.0, "Quietest.", unit="dB", low=-20, high=0)
    high_db: float = setting(3.0, "Loudest.", unit="dB", low=0)

    def check(self) -> Iterator[tuple[str, str]]:
        if self.low_db + self.high_db > 10:
            yield "high_db", f"too loud together with low_db ({self.low_db:g})"


@dataclass(frozen=True, slots=True)
class Microphone:
    gain_db: float = setting(0.0, "Gain.", unit="dB", low=-10, high=10)
    channels: int = setting(1, "Channels.", low=1, high=8)
    name: str = setting("", "Name.", example="USB")
    password: str = setting("", "Password.", secret=True)
    muted: bool = setting(False, "Muted.")
    side: Literal["left", "right"] = setting("left", "Side.")
    plug: str = setting("jack", "Plug.", choices=("jack", "usb"))
    pick: Literal["mix"] | int = setting("mix", "Channel.")
    limit: float | None = setting(None, "Limit.", high=5, example=1)
    tags: tuple[str, ...] = setting((), "Words.")
    folder: Path = setting(Path(), "Folder.")
    mixer: Mixer = setting(Mixer, "Mixer.")

    def check(self) -> Iterator[tuple[str, str]]:
        if self.muted and self.mixer.high_db > 3:
            yield "mixer.high_db", "cannot be above 3 while muted"


@dataclass(frozen=True, slots=True)
class Sample:
    microphone: Microphone = setting(Microphone, "The microphone.")
    title: str = setting("x", "Title.")


def problems_in(text: str, root: type[Any] = Sample) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings_from(text, "f.yaml", root)
    return [str(problem) for problem in caught.value.problems]


def microphone(line: str) -> str:
    return f"# a comment\nmicrophone:\n  {line}\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("gian_db: 3", "gian_db (line 3): unknown key; did you mean 'gain_db'?"),
        ("gain-db: 3", "gain-db (line 3): unknown key; did you mean 'gain_db'?"),
        ("GAIN_DB: 3", "GAIN_DB (line 3): unknown key; did you mean 'gain_db'?"),
        ("title: no", "title (line 3): unknown key; did you mean 'title'?"),
        ("low_db: 3", "low_db (line 3): unknown key; did you mean 'microphone.mixer.low_db'?"),
        ("zzz: 3", "zzz (line 3): unknown key"),
        ("gain_db: 10.5", "gain_db (line 3): must be a number from -10 to 10 dB, found 10.5"),
        ("gain_db: 1e999", "gain_db (line 3): must be a number from -10 to 10 dB, found 1e999"),
        ("gain_db: .nan", "gain_db (line 3): must be a number from -10 to 10 dB, found .nan"),
        ("gain_db: -.inf", "gain_db (line 3): must be a number from -10 to 10 dB, found -.inf"),
        ("gain_db: '3'", "gain_db (line 3): must be a number from -10 to 10 dB, found the text '3'"),
        ("gain_db: yes", "gain_db (line 3): must be a number from -10 to 10 dB, found yes"),
        ("gain_db: [3]", "gain_db (line 3): must be a number from -10 to 10 dB, found a list"),
        ("gain_db: {a: 3}", "gain_db (line 3): must be a number from -10 to 10 dB, found a section"),
        ("channels: 9", "channels (line 3): must be a whole number from 1 to 8, found 9"),
        ("channels: 2.0", "channels (line 3): must be a whole number from 1 to 8, found 2.0"),
        ("channels: true", "channels (line 3): must be a whole number from 1 to 8, found true"),
        ("name: 12", "name (line 3): must be text, found 12; put it in quotes"),
        ("name: on", "name (line 3): must be text, found on; put it in quotes"),
        ("name: [a]", "name (line 3): must be text, found a list"),
        (r'name: "a\0"', "name (line 3): holds a character that no setting can use"),
        ("muted: 1", "muted (line 3): must be true or false, found 1"),
        ("muted: 'yes'", "muted (line 3): must be true or false, found the text 'yes'"),
        ("side: lefd", "side (line 3): must be one of left, right, found the text 'lefd'; did you mean 'left'?"),
        ("plug: usbb", "plug (line 3): must be one of jack, usb, found the text 'usbb'; did you mean 'usb'?"),
        ("plug: 3", "plug (line 3): must be one of jack, usb, found 3"),
        ("pick: mixx", "pick (line 3): must be mix or a whole number, found the text 'mixx'; did you mean 'mix'?"),
        ("limit: 6", "limit (line 3): must be a number of at most 5, found 6"),
        ("tags: [a, 3]", "tags[1] (line 3): must be a list, each item text, found 3; put it in quotes"),
        ("tags: abc", "tags (line 3): must be a list, each item text, found the text 'abc'"),
        ("folder: 3", "folder (line 3): must be a path, found 3; put it in quotes"),
        ("mixer: {high_db: -1}", "mixer.high_db (line 3): must be a number of at least 0 dB, found -1"),
        ("mixer: [1]", "mixer (line 3): must be a section of 'key: value' lines, found a list"),
        ("mixer: {high_db: 14}", "mixer.high_db (line 3): too loud together with low_db (-3)"),
        ("{muted: yes, mixer: {high_db: 4}}", "mixer.high_db (line 3): cannot be above 3 while muted"),
        ("{[a]: 3}", " (line 3): a key must be a single word"),
    ],
)
def test_one_fault_is_said_with_its_key_and_line(line: str, said: str) -> None:
    assert problems_in(microphone(line)) == [f"microphone{said}" if said.startswith(" ") else f"microphone.{said}"]


def test_an_empty_value_is_not_taken_for_a_default() -> None:
    remedy = "write a value, or remove the line to take the default"
    assert problems_in(microphone("channels:")) == [
        f"microphone.channels (line 3): must be a whole number from 1 to 8; {remedy}"
    ]


def test_every_fault_is_reported_at_once_in_the_order_of_lines() -> None:
    text = """title: 3
microphone:
  gian_db: 1
  channels: 0
  channels: 3
  mixer:
    low_db: 5
detectoin:
  threshold: 1
titel: abc
"""
    assert problems_in(text) == [
        "title (line 1): must be text, found 3; put it in quotes",
        "microphone.gian_db (line 3): unknown key; did you mean 'gain_db'?",
        "microphone.channels (line 4): must be a whole number from 1 to 8, found 0",
        "microphone.channels (line 5): given twice, first in line 4",
        "microphone.mixer.low_db (line 7): must be a number from -20 to 0 dB, found 5",
        "detectoin (line 8): unknown key",
        "titel (line 10): unknown key; did you mean 'title'?",
    ]


def test_a_rule_between_keys_is_checked_though_another_section_is_wrong() -> None:
    text = "title: 3\nmicrophone:\n  mixer:\n    low_db: 0\n    high_db: 11\n"
    assert problems_in(text)[1:] == ["microphone.mixer.high_db (line 5): too loud together with low_db (0)"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("detection:\n  vote:\n    windows: 3\n    needed: 4\n", "detection.vote.needed (line 4): "),
        ("lullaby:\n  enabled: on\n  quiet_hours: 22:00\n", "lullaby.quiet_hours (line 3): "),
        ("mqtt:\n  host: broker\n  password_file: /etc/x\n", "mqtt.password_file (line 3): "),
    ],
)
def test_the_rooms_rules_are_said_at_the_key_they_are_about(text: str, said: str) -> None:
    (problem,) = problems_in(text, Settings)
    assert problem.startswith(said)


def test_a_rule_about_a_key_that_is_not_in_the_file_points_to_its_section() -> None:
    text = "detection:\n  vote:\n    windows: 2\n"
    assert re.match(r"detection\.vote\.needed \(line 2\): ", problems_in(text, Settings)[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c", "line 1, column 5: mapping values are not allowed here; put a text that holds ': ' in quotes"),
        ("\tx: 1", "line 1, column 1: found character '\\t' that cannot start any token; indent with spaces"),
        ("x: 1\n\ty: 2", "line 2, column 1: found character '\\t' that cannot start any token; indent with spaces"),
        ("a: 1\nb: @x", "line 2, column 4: found character '@' that cannot start any token; put a text"),
        ("title: *secret", "line 1, column 8: aliases (*) are not supported"),
        ("a: &a [b]\nc: [*a, *a]", "line 2, column 5: aliases (*) are not supported"),
        ("title: !!python/object:os.system x", "line 1, column 8: tags (!) are not supported"),
        ("title: !secret", "line 1, column 8: tags (!) are not supported"),
        ("title: a\n---\ntitle: b", "line 2, column 1: but found another document; remove the '---'"),
        ('title: "a\n', "line 2, column 1: found unexpected end of stream; close the quotes"),
        ("device:\n  id: a\n room: b", "line 3, column 2: expected <block end>, but found"),
        ("a\x07b: 1", "line 1, column 2: holds a control character; is this a text file?"),
        ("title: x\n" + "[" * 5000, "line 2, column "),
        ("[" * 50_000, "line 1, column 13: more than 12 levels deep"),
        ('title: "\\UFFFFFFFF"', "not valid YAML: "),
        ("- a\n- b", "must be a section of 'key: value' lines, found a list"),
        ("just words", "must be a section of 'key: value' lines, found the text 'just words'"),
    ],
)
def test_what_is_not_a_settings_file_is_said_with_its_place(text: str, said: str) -> None:
    assert problems_in(text)[0].startswith(said)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "microphone:\n", "microphone: {mixer: ~}\n", "{}"])
def test_what_is_absent_or_empty_takes_the_defaults(text: str) -> None:
    assert settings_from(text, "f.yaml", Sample) == Sample()


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("gain_db: 3", "gain_db", 3.0),
        ("gain_db: 1e-3", "gain_db", 0.001),
        ("gain_db: .5", "gain_db", 0.5),
        ("channels: 03", "channels", 3),
        ("name: 22:00", "name", "22:00"),
        ("name: 2026-01-01", "name", "2026-01-01"),
        ("name: Küche", "name", "Küche"),
        ("muted: on", "muted", True),
        ("muted: No", "muted", False),
        ("pick: 2", "pick", 2),
        ("limit: ~", "limit", None),
        ("tags: [a, b]", "tags", ("a", "b")),
        ("folder: /tmp", "folder", Path("/tmp")),  # noqa: S108  # only a name here
    ],
)
def test_yaml_means_what_a_parent_expects(line: str, key: str, value: object) -> None:
    found = getattr(settings_from(microphone(line), "f.yaml", Sample).microphone, key)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "microphone: {password: [hunter2]}",
        "microphone: {password: {hunter2: 1}}",
        "microphone: {password: 4711}",
        "microphone:\n  password: 'hunter2\n",
        "microphone:\n  password: hunter2: x\n",
        "microphone:\n  pasword: hunter2\n",
    ],
)
def test_no_message_tells_a_secret(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_from(text, "f.yaml", Sample)
    assert "hunter2" not in str(caught.value)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize("name", ["Küche", "a b", "a" * 65, "a/b", "nursery\\n", "+"])
def test_a_device_id_must_fit_a_topic(name: str) -> None:
    (problem,) = problems_in(f'device:\n  id: "{name}"\n', Settings)
    assert problem.startswith("device.id (line 2): must be up to 64 of a-z, 0-9, _ and -, found the text ")


def test_long_values_are_cut_and_strange_keys_stay_printable() -> None:
    (problem,) = problems_in("microphone:\n  channels: " + "x" * 5000)
    assert len(problem) < 140
    (problem,) = problems_in('"\\e[31mred": 1')
    assert problem == "'\\x1b[31mred' (line 1): unknown key"
    assert problems_in('"\\ud800": 1') == ["line 1: a key must be a single word"]


def test_one_fault_takes_one_line_and_several_are_listed() -> None:
    one = ConfigError("f.yaml", [Problem("bad", "a.b", 3)])
    assert str(one) == "f.yaml: a.b (line 3): bad"
    two = ConfigError("f.yaml", [Problem("worse", "c", 9), Problem("bad", line=2, column=7)])
    assert str(two) == "f.yaml: 2 problems\n  line 2, column 7: bad\n  c (line 9): worse"


def test_a_dataclass_that_refuses_itself_is_reported_at_its_section() -> None:
    @dataclass(frozen=True)
    class Strict:
        level: int = setting(1, "Level.")

        def __post_init__(self) -> None:
            if self.level == 13:
                raise ValueError("13 brings bad luck")
            if self.level == 12:
                raise ValueError("level of 12 is taken")

    assert problems_in("level: 13", Strict) == ["13 brings bad luck"]
    assert problems_in("\nlevel: 12", Strict) == ["level (line 2): of 12 is taken"]


def test_a_field_without_a_declaration_is_the_programmers_error() -> None:
    @dataclass(frozen=True)
    class Forgotten:
        level: int = 1

    with pytest.raises(TypeError, match=r"Forgotten\.level must be declared"):
        settings_from("level: 2", "f.yaml", Forgotten)
