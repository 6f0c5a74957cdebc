"""JSON Schema (draft 2020-12) of the configuration, for editors."""

import types
import typing
from pathlib import Path
from typing import Any, Final

from babycryd.config.declared import Declared, Form, fields_of
from babycryd.core.setting import Setting

_PLAIN: Final[dict[Any, dict[str, str]]] = {
    bool: {"type": "boolean"},
    str: {"type": "string"},
    Path: {"format": "path", "type": "string"},
    types.NoneType: {"type": "null"},
}


def json_schema(root: type[Any]) -> dict[str, Any]:
    """Return the schema of a settings dataclass, with a definition for each section in it."""
    sections = {each.__name__: _section(each) for each in _sections(root)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": _reference(root)["$ref"],
        "$defs": dict(sorted(sections.items())),
    }


def _sections(section: type[Any]) -> list[type[Any]]:
    """Return a section and all that are in it."""
    inner = [each.kind if each.is_section else each.item for each in fields_of(section)]
    return [section, *(found for each in inner if each is not None for found in _sections(each))]


def _section(section: type[Any]) -> dict[str, Any]:
    """Return the definition of a section; an empty one takes its defaults."""
    properties = {each.path[-1]: dict(sorted(_property(each).items())) for each in fields_of(section)}
    return {"additionalProperties": False, "properties": properties, "type": ["object", "null"]}


def _property(each: Declared) -> dict[str, Any]:
    if each.is_section:
        return _reference(each.kind) | {"description": each.about.doc}
    default = list(each.default) if isinstance(each.default, tuple) else each.default
    return _kind(each.kind, each.about) | {
        "default": default,
        "description": f"{each.about.doc} Allowed: {each.allowed}.",
    }


def _kind(kind: Any, about: Setting) -> dict[str, Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        pattern = next(each.pattern for each in kind.__metadata__ if isinstance(each, Form))
        return {"pattern": f"^(?:{pattern})$", "type": "string"}
    if origin is typing.Literal:
        return ({"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}) | {"type": "string"}
    if origin in {typing.Union, types.UnionType}:
        return {"anyOf": [_kind(each, about) for each in arguments]}
    if origin is tuple:
        return {"items": _kind(arguments[0], about), "type": "array"}
    if kind in {int, float}:
        limits = {"maximum": about.high, "minimum": about.low}
        within = {name: kind(limit) for name, limit in limits.items() if limit is not None}
        return within | {"type": "integer" if kind is int else "number"}
    return dict(_PLAIN[kind]) if kind in _PLAIN else _reference(kind)


def _reference(section: type[Any]) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{section.__name__}"}
