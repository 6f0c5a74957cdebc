"""Declarations of a settings dataclass, listed and put into words.

One wording of the allowed values serves the error messages, the YAML template, the JSON Schema
and the documentation.
"""

import dataclasses
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babycryd.core.setting import Setting, setting_of

_DIMENSIONLESS = {"fraction", "score"}  # written in brackets: "a number from 0 to 1 (fraction)"
_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path"}


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """Form of a text, as in `id: Annotated[str, Form("[a-z]+", "lower-case letters")]`."""

    pattern: str  # matches all of it
    words: str  # ends "must be ..."


@dataclasses.dataclass(frozen=True, slots=True)
class Declared:
    """Declaration of one key: its path from the top, its type, its text and its default."""

    path: tuple[str, ...]
    kind: Any
    about: Setting
    default: Any

    @property
    def key(self) -> str:
        return ".".join(self.path)

    @property
    def is_section(self) -> bool:
        return dataclasses.is_dataclass(self.kind)

    @property
    def item(self) -> type[Any] | None:
        """The dataclass of each item, where the value is a list of sections."""
        return self.item_kind if dataclasses.is_dataclass(self.item_kind) else None  # type: ignore[return-value]

    @property
    def item_kind(self) -> Any | None:
        """Type of each item, where the value is a list."""
        return typing.get_args(self.kind)[0] if typing.get_origin(self.kind) is tuple else None

    @property
    def is_text(self) -> bool:
        """Whether the value is text, so that numbers and words such as `on` need quotes."""
        return self.kind in {str, Path} or bool({str, Path} & set(typing.get_args(self.kind)))

    @property
    def allowed(self) -> str:
        """Allowed values in words, as `a whole number from 1 to 50 windows`."""
        return allowed(self.kind, self.about)


def fields_of(section: type[Any], above: tuple[str, ...] = ()) -> Iterator[Declared]:
    """Yield the keys and subsections of one section, in order. Raises TypeError where one is not made by `setting`."""
    kinds = typing.get_type_hints(section, include_extras=True)
    for field in dataclasses.fields(section):
        about = setting_of(field)
        if about is None:
            raise TypeError(f"{section.__name__}.{field.name} must be declared with babycryd.core.setting.setting")
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        kind = typing.Literal[about.choices] if about.choices else kinds[field.name]
        yield Declared((*above, field.name), kind, about, default)


def keys_of(section: type[Any], above: tuple[str, ...] = ()) -> Iterator[Declared]:
    """Yield every key that holds a value, subsections included, in order."""
    for each in fields_of(section, above):
        if each.is_section:
            yield from keys_of(each.kind, each.path)
        else:
            yield each


def declared_at(root: type[Any], path: tuple[str | int, ...]) -> Declared | None:
    """Return the declaration of a key, such as `("notify", "services", 0, "name")`; None where there is none."""
    words = [part for part in path if isinstance(part, str)]
    section: type[Any] | None = root
    found = None
    for depth, word in enumerate(words, 1):
        fields = fields_of(section, tuple(words[: depth - 1])) if section else ()
        found = next((each for each in fields if each.path[-1] == word), None)
        section = None if found is None else found.kind if found.is_section else found.item
    return found


def allowed(kind: Any, about: Setting) -> str:
    """Return the allowed values, as the end of "must be ..."."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return f"one of {', '.join(arguments)}" if len(arguments) > 1 else str(arguments[0])
    if origin is typing.Annotated:
        return next(each.words for each in kind.__metadata__ if isinstance(each, Form))
    if origin is tuple and dataclasses.is_dataclass(arguments[0]):
        return "a list of sections"
    if origin is tuple:
        return f"a list, each item {allowed(arguments[0], about)}"
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(allowed(each, about) for each in arguments if each is not types.NoneType)
    if kind in {int, float}:
        return _NAMES[kind] + _range(about)
    return _NAMES[kind]


def choices(kind: Any) -> list[str]:
    """Return the words that a type allows, where it allows only some."""
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        return list(arguments)
    return [word for each in arguments for word in choices(each)]


def plain(value: float) -> str:
    """Return a number without a needless `.0`."""
    return repr(int(value)) if value == int(value) else repr(value)


def _range(about: Setting) -> str:
    unit = f" ({about.unit})" if about.unit in _DIMENSIONLESS else f" {about.unit}".rstrip()
    if about.low is None:
        return f" of at most {plain(about.high)}{unit}" if about.high is not None else unit
    if about.high is None:
        return f" of at least {plain(about.low)}{unit}"
    if about.low == about.high:
        return f": {plain(about.low)}{unit}"
    return f" from {plain(about.low)} to {plain(about.high)}{unit}"
