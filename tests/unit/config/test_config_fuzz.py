"""Any content of the file gives settings or a ConfigError, nothing else."""

import dataclasses
import re
import types
import typing
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from babycryd.config import ConfigError, Settings, load, settings_from
from babycryd.config.declared import Declared, Form, fields_of, keys_of
from babycryd.config.generate import as_yaml, example
from babycryd.core.setting import Setting

KEYS = list(keys_of(Settings))
EXAMPLE = example()
PIECES = st.sampled_from(
    [*":-#[]{}&*!|>'\"%@`?,", "- ", ": ", " #", "\n", "\t", "  ", "\n  ", "yes", "-1", "1e999", ".nan", "~"]
    + ["\x00", "\x85", "\u2028", "\ud800", "\U0001f476", "<<: ", "=", "---", "...", "\\x00", "&a [*a]", "!!binary "]
    + [f"{declared.path[-1]}: " for declared in KEYS]
)
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.sampled_from("äéßñ\n"), max_size=20)


def outcome(text: str) -> Settings | ConfigError:
    try:
        return settings_from(text, "f.yaml", Settings)
    except ConfigError as error:
        return error


def assert_settings_or_problems(found: Settings | ConfigError) -> None:
    if isinstance(found, ConfigError):
        assert found.problems
        assert str(found).encode()  # can be printed


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200) | st.lists(PIECES, max_size=30).map("".join))
def test_any_text(text: str) -> None:
    assert_settings_or_problems(outcome(text))


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "babycryd.yaml"
    path.write_bytes(content)
    try:
        found: Settings | ConfigError = load(path)
    except ConfigError as error:
        found = error
    assert_settings_or_problems(found)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(EXAMPLE)), st.integers(0, 40), PIECES), min_size=1, max_size=8))
def test_a_valid_file_with_damage(cuts: list[tuple[int, int, str]]) -> None:
    text = EXAMPLE
    for at, length, piece in cuts:
        text = text[:at] + piece + text[at + length :]
    assert_settings_or_problems(outcome(text))


def values(kind: Any, declared: Declared) -> st.SearchStrategy[Any]:
    """Values that the declaration allows."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return st.from_regex(next(each.pattern for each in arguments if isinstance(each, Form)), fullmatch=True)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values(arguments[0], declared), max_size=3).map(tuple)
    if origin in {typing.Union, types.UnionType}:
        return st.one_of(*(values(each, declared) for each in arguments))
    if dataclasses.is_dataclass(kind):  # an item of a list of sections
        return st.builds(kind, **{each.path[-1]: values(each.kind, each) for each in fields_of(kind)})  # type: ignore[arg-type]
    return scalars(declared.about)[kind]


def scalars(about: Setting) -> dict[Any, st.SearchStrategy[Any]]:
    low, high = about.low, about.high
    return {
        int: st.integers(-(10**17) if low is None else int(low), 10**17 if high is None else int(high)),
        float: st.floats(low, high, allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        str: PRINTABLE,
        Path: PRINTABLE.map(Path),
        types.NoneType: st.none(),
    }


def as_flow(value: Any) -> str:
    """A value as it may stand behind a key, a list of sections too."""
    if not isinstance(value, tuple) or not all(map(dataclasses.is_dataclass, value)):
        return as_yaml(value)
    fields = [[(each.name, getattr(item, each.name)) for each in dataclasses.fields(item)] for item in value]
    items = ["{" + ", ".join(f"{name}: {as_yaml(inner)}" for name, inner in item) + "}" for item in fields]
    return f"[{', '.join(items)}]"


def as_text(chosen: dict[tuple[str, ...], Any], depth: int = 0) -> str:
    """The chosen values as a YAML file, sections nested."""
    lines: list[str] = []
    for name in dict.fromkeys(path[depth] for path in chosen):
        below = {path: value for path, value in chosen.items() if path[depth] == name}
        leaf = next((value for path, value in below.items() if len(path) == depth + 1), lines)
        text = f"\n{as_text(below, depth + 1)}" if leaf is lines else f" {as_flow(leaf)}"
        lines.append(f"{'  ' * depth}{name}:{text}")
    return "\n".join(lines)


@st.composite
def choices(draw: st.DrawFn) -> dict[tuple[str, ...], Any]:
    some = draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1, max_size=6))
    return {declared.path: draw(values(declared.kind, declared)) for declared in some}


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(choices())
def test_allowed_values_come_back_as_they_were_written(chosen: dict[tuple[str, ...], Any]) -> None:
    found: Any = outcome(as_text(chosen))
    if isinstance(found, ConfigError):  # a rule between keys may refuse what each key by itself allows
        assert not any(re.search(", found |unknown|twice", problem.message) for problem in found.problems), str(found)
    assume(isinstance(found, Settings))
    for path, value in chosen.items():
        got = found
        for name in path:
            got = getattr(got, name)
        assert got == value, path
