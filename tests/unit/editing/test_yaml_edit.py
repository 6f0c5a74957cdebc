"""Edits of a YAML text: one value changes, and not one other character."""

import difflib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.config.document import parse
from babycryd.editing.yaml_edit import EditError, add_item, remove_item, set_value

OWNERS = """\
# Our nursery
lullaby:
  enabled: true   # she loves it
  # At noon she sleeps by herself

# The home's broker
mqtt: {host: 192.168.1.5}  # never changes
"""
ITEM = {"name": "phone", "service": "ntfy"}


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("section", "key", "value", "lines"),
    [
        (
            *("lullaby", "enabled", False),
            ["-   enabled: true   # she loves it", "+   enabled: false   # she loves it"],
        ),
        ("lullaby", "quiet_hours", "08:00-19:00", ['+   quiet_hours: "08:00-19:00"']),
        (
            *("mqtt", "port", 1884),
            [
                "- mqtt: {host: 192.168.1.5}  # never changes",
                "+ mqtt: {host: 192.168.1.5, port: 1884}  # never changes",
            ],
        ),
        ("detection", "threshold", 0.7, ["+ detection:", "+   threshold: 0.7"]),
    ],
)
def test_one_line_changes_and_the_comments_stay(section: str, key: str, value: Any, lines: list[str]) -> None:
    assert changed_lines(OWNERS, set_value(OWNERS, section, key, value)) == lines


def test_a_new_key_stands_behind_the_last_one_of_its_section_before_the_next_comment() -> None:
    assert "she loves it\n  max_dba: 45\n  # At noon" in set_value(OWNERS, "lullaby", "max_dba", 45)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a:\n  b: 1\n"),
        ("# only a comment", "# only a comment\na:\n  b: 1\n"),
        ("a:\n", "a:\n  b: 1\n"),
        ("a:  # nothing yet\nc: 1\n", "a:  # nothing yet\n  b: 1\nc: 1\n"),
        ("a: null  # nothing\n", "a:   # nothing\n  b: 1\n"),
        ("a:\n  b:\n", "a:\n  b: 1\n"),
        ("a:\n    b: 2", "a:\n    b: 1"),
        ("a:\r\n  c: 2\r\n", "a:\r\n  c: 2\r\n  b: 1\r\n"),
        ("a: {}\n", "a: {b: 1}\n"),
        ('{"c": {"d": 1}}\n', '{"c": {"d": 1}, a: {b: 1}}\n'),
        ("{}\n", "{a: {b: 1}}\n"),
        ("a:\n  c: |\n    text\nd: 1\n", "a:\n  c: |\n    text\n  b: 1\nd: 1\n"),
        ("a:\n  'b': \"2\"  # two\n", "a:\n  'b': 1  # two\n"),
    ],
)
def test_every_form_of_a_section(before: str, after: str) -> None:
    assert set_value(before, "a", "b", 1) == after


@pytest.mark.parametrize("text", ["a:\n  b: |\n    text\n", "a: {c: 1,}\n", "a: 3\n"])
def test_a_form_that_only_a_person_can_change_is_refused(text: str) -> None:
    with pytest.raises(EditError):
        set_value(text, "a", "b", 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "n:\n  s: [{name: phone, service: ntfy}]\n"),
        ("n:\n  s: []  # none\n", "n:\n  s: [{name: phone, service: ntfy}]  # none\n"),
        ("n: {s: [{name: b}]}\n", "n: {s: [{name: b}, {name: phone, service: ntfy}]}\n"),
        (
            "n:\n  s:\n    - name: b  # hers\n      x: 1\n\n# next\nm: 1\n",
            "n:\n  s:\n    - name: b  # hers\n      x: 1\n    - {name: phone, service: ntfy}\n\n# next\nm: 1\n",
        ),
        ("n:\n  s:\n  - name: b\n", "n:\n  s:\n  - name: b\n  - {name: phone, service: ntfy}\n"),
    ],
)
def test_an_item_is_added_and_removed_again(before: str, after: str) -> None:
    assert add_item(before, "n", "s", ITEM) == after
    number = len((parse(before, "").values or {}).get("n", {}).get("s") or [])
    removed = remove_item(after, "n", "s", number)
    assert removed == before or number == 0


@pytest.mark.parametrize(
    ("before", "number", "after"),
    [
        ("n: {s: [{a: 1}, {b: 1}]}\n", 0, "n: {s: [{b: 1}]}\n"),
        ("n: {s: [{a: 1}, {b: 1}, {c: 1}]}\n", 1, "n: {s: [{a: 1}, {c: 1}]}\n"),
        ("n: {s: [{a: 1}]}\n", 0, "n: {s: []}\n"),
        ("n:\n  s:\n    - {a: 1}\n    - {b: 1}\n", 0, "n:\n  s:\n    - {b: 1}\n"),
        ("n:\n  s:\n    - {a: 1}\nm: 1\n", 0, "n:\n  s: []\nm: 1\n"),
    ],
)
def test_any_item_can_be_removed(before: str, number: int, after: str) -> None:
    assert remove_item(before, "n", "s", number) == after


def test_no_list_and_no_item_are_refused() -> None:
    for text in ("", "n: {s: 1}\n"):
        with pytest.raises(EditError):
            remove_item(text, "n", "s", 0)
    with pytest.raises(EditError):
        add_item("n: {s: {a: 1}}\n", "n", "s", ITEM)


@given(st.text(max_size=40), st.sampled_from(["lullaby", "mqtt", "detection", "device"]))
def test_any_text_comes_back_as_it_was_and_the_owners_lines_stay(value: str, section: str) -> None:
    try:
        edited = set_value(OWNERS, section, "key", value)
    except EditError:  # a text that no file can hold
        assert not value.isprintable()
        return
    assert parse(edited, "").values[section]["key"] == value
    assert sum(line[0] == "-" for line in changed_lines(OWNERS, edited)) <= 1


def test_the_shipped_example_can_be_edited_everywhere() -> None:
    text = Path("config/babycryd.yaml").read_text()
    for section, key, value in (
        ("detection", "threshold", 0.7),
        ("lullaby", "quiet_hours", "08:00-19:00"),
        ("notify", "evening", "20:00"),
    ):
        edited = set_value(text, section, key, value)
        assert len(changed_lines(text, edited)) <= 2
        text = edited
    text = add_item(text, "notify", "services", ITEM)
    assert parse(text, "").values["notify"]["services"] == [ITEM]
