"""The files made from the declarations: current, complete, and good for a reader and an editor."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from babycryd.config import Settings, load, schema
from babycryd.config.declared import keys_of
from babycryd.config.document import parse_scalar
from babycryd.config.generate import EXAMPLE, REFERENCE, SCHEMA, as_yaml, example, reference, schema_text
from babycryd.config.load import settings_from

CHECKOUT = Path(__file__).parents[3]
REMEDY = "run: python -m babycryd.config.generate"
KEYS = list(keys_of(Settings))


def subschema(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The part of the schema for one key, its $refs followed."""
    node = document
    for name in path:
        node = document["$defs"][node["$ref"].removeprefix("#/$defs/")]["properties"][name]
    return node


def test_the_checked_in_files_are_current() -> None:
    assert (CHECKOUT / EXAMPLE).read_text(encoding="utf-8") == example(), REMEDY
    assert (CHECKOUT / SCHEMA).read_text(encoding="utf-8") == schema_text(), REMEDY
    page = (CHECKOUT / REFERENCE).read_text(encoding="utf-8")
    assert page == reference(page), REMEDY


def test_the_example_loads_to_exactly_the_defaults() -> None:
    assert load(CHECKOUT / EXAMPLE) == Settings()


def test_the_example_is_valid_with_its_hidden_lines_switched_on() -> None:
    head, _, keys = example().partition("\n\n")
    assert head.startswith("# ")
    shown = re.sub(r'^( *)# ([a-z_]+: (?:\S+|".*"))$', r"\1\2", keys, flags=re.MULTILINE)
    shown = shown.replace("tls: false", "tls: true")  # mqtt.ca_file insists
    assert settings_from(shown, "example", Settings).device.room == "Nursery"
    for declared in KEYS:
        assert re.search(rf"^ *{declared.path[-1]}: ", shown, re.MULTILINE), declared.key


def test_another_yaml_reader_sees_the_same_values() -> None:
    values = yaml.safe_load(example())
    assert values["detection"]["threshold"] == Settings().detection.threshold
    assert values["mqtt"]["base"] == "babycryd/{device_id}"


def test_the_schema_tells_an_editor_what_every_key_means_and_allows() -> None:
    document = schema()
    for declared in KEYS:
        found, default = subschema(document, declared.path), declared.default
        assert declared.about.doc in found["description"], declared.key
        assert found["default"] == (list(default) if isinstance(default, tuple) else default), declared.key
        numbers = [each for each in (found, *found.get("anyOf", [])) if each.get("type") in {"number", "integer"}]
        limits = [(number.get("minimum"), number.get("maximum")) for number in numbers]
        assert limits == [(declared.about.low, declared.about.high)] * len(numbers), declared.key


def test_the_schema_refuses_unknown_keys_in_every_section() -> None:
    document = schema()
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for section in document["$defs"].values():
        assert section["additionalProperties"] is False
        assert section["type"] == ["object", "null"]  # an empty section takes its defaults
    assert subschema(document, ("device", "id"))["pattern"] == "^(?:[a-z0-9_-]{0,64})$"


def test_the_example_names_the_schema_beside_it() -> None:
    first = (CHECKOUT / EXAMPLE).read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=babycryd.schema.json"
    assert (CHECKOUT / EXAMPLE).with_name(first.partition("=")[2]).is_file()


def test_the_reference_has_a_row_for_every_key() -> None:
    lines = (CHECKOUT / REFERENCE).read_text().splitlines()
    for declared in KEYS:
        rows = [line.replace("\\|", "|") for line in lines if line.startswith(f"| `{declared.key}`")]
        assert [declared.about.doc in row for row in rows] == [True], declared.key


@pytest.mark.parametrize("text", ["", "on", "1e-3", "0123", "a: b", "# x", "22:00-06:00", "den", "~", "null", "é\n"])
def test_text_is_written_so_that_it_is_read_as_text(text: str) -> None:
    written = as_yaml(text)
    assert settings_from(f"device: {{room: {written}}}", "f.yaml", Settings).device.room == text


def test_values_are_written_briefly() -> None:
    assert [as_yaml(value) for value in (60.0, 0.96, 1e-6, True, None, ("a", "b c"))] == [
        "60",
        "0.96",
        "1e-06",
        "true",
        "null",
        '[a, "b c"]',
    ]
    assert parse_scalar("1e-06") == 1e-6
