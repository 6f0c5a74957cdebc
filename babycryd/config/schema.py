"""From settings dataclasses to pydantic models, and from pydantic's findings to plain words.

A section may have a method `check(self) -> Iterator[tuple[str, str]]` that yields (its own key,
what is wrong) for rules between keys; it runs once all keys of the section are valid by themselves.
"""

import dataclasses
import difflib
import functools
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic_core import ErrorDetails, PydanticCustomError

from babycryd.config.declared import Declared, fields_of, keys_of
from babycryd.config.document import Document, join
from babycryd.config.document import Path as KeyPath
from babycryd.config.errors import Problem
from babycryd.settings import Setting

SettingsT = TypeVar("SettingsT")

_RULE = "rule between keys"


def validate(document: Document, root: type[SettingsT]) -> SettingsT | list[Problem]:
    """The settings in the document, or everything that is wrong with its values."""
    try:
        settings: SettingsT = _adapter(root).validate_python(document.values)
    except ValidationError as error:
        details = error.errors(include_url=False)
        return list(dict.fromkeys(each for detail in details for each in _problems(detail, document, root)))
    return settings


def json_schema(root: type[Any]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the file, for editors."""
    generated = _without_titles(_adapter(root).json_schema())
    schema = next(each for each in generated.pop("anyOf") if "$ref" in each)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, **generated}


@functools.cache
def _adapter(root: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(_section(root))


def _section(section: type[Any]) -> Any:
    """The type of a section for pydantic: its keys, or nothing; validated, it is the dataclass itself."""
    fields: dict[str, Any] = {each.path[-1]: _field(each) for each in fields_of(section)}
    config = ConfigDict(extra="forbid", allow_inf_nan=False, protected_namespaces=())
    model = create_model(section.__name__, __config__=config, **fields)
    return Annotated[model | None, AfterValidator(functools.partial(_build, section))]


def _field(each: Declared) -> tuple[Any, Any]:
    if each.is_section:
        return _section(each.kind), Field(default_factory=each.kind, description=each.about.doc)
    return _strict(each.kind, each.about), Field(default=each.default, description=_description(each))


def _strict(kind: Any, about: Setting) -> Any:
    """The type as pydantic shall read it: a text is no number, yes is not 1, numbers within their range."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple[_strict(arguments[0], about), ...]  # type: ignore[misc]  # a type made at run time
    if origin in {typing.Union, types.UnionType}:
        return functools.reduce(lambda left, right: left | right, (_strict(each, about) for each in arguments))
    if kind in {int, float}:
        limits = {"ge": about.low, "le": about.high}
        return Annotated[kind, Field(strict=True, **{name: kind(at) for name, at in limits.items() if at is not None})]
    return Annotated[kind, Field(strict=True)] if kind in {bool, str} else kind


def _build(section: type[Any], model: Any) -> Any:
    if model is None:
        return section()
    settings = section(**{each.name: getattr(model, each.name) for each in dataclasses.fields(section)})
    broken = list(settings.check()) if hasattr(settings, "check") else []
    if broken:
        raise PydanticCustomError(_RULE, "{broken}", {"broken": broken})
    return settings


def _description(each: Declared) -> str:
    return f"{each.about.doc} {each.allowed[0].upper()}{each.allowed[1:]}."


def _without_titles(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_titles(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_titles(each) for key, each in schema.items() if not (key == "title" and isinstance(each, str))
    }


def _problems(detail: ErrorDetails, document: Document, root: type[Any]) -> Iterator[Problem]:
    path = tuple(detail["loc"])
    while path not in document.places:  # pydantic adds the name of a union's branch
        path = path[:-1]
    match detail["type"]:
        case "rule between keys":
            for key, message in detail["ctx"]["broken"]:
                yield _problem((*path, *key.split(".")), message, document)
        case "extra_forbidden":
            yield _problem(path, "unknown key" + _did_you_mean(path, root), document)
        case "value_error":  # a dataclass's own __post_init__
            yield _problem(path, str(detail["ctx"]["error"]), document)
        case "model_type" | "model_attributes_type":
            message = f"must be a section of 'key: value' lines, found {document.places[path].found}"
            yield _problem(path, message, document)
        case _:
            yield _problem(path, _mismatch(path, document, root), document)


def _problem(path: KeyPath, message: str, document: Document) -> Problem:
    """At the key, or where it is not in the file at the nearest section around it."""
    around = (path[:length] for length in range(len(path), 0, -1))
    line = next((document.places[each].line for each in around if each in document.places), None)
    return Problem(message, join(path), line)


def _mismatch(path: KeyPath, document: Document, root: type[Any]) -> str:
    words = tuple(part for part in path if isinstance(part, str))
    declared = next(each for each in keys_of(root) if each.path == words)
    found = document.places[path].found
    if declared.about.secret:
        return f"must be {declared.allowed}, found something else (not shown)"
    if found == "nothing":
        return f"must be {declared.allowed}; write a value, or remove the line to take the default"
    suggestion = _closest(found.removeprefix("the text ").strip("'\""), map(str, typing.get_args(declared.kind)))
    quotes = "; put it in quotes" if declared.kind in {str, str | None, Path} and not found.startswith("a ") else ""
    return f"must be {declared.allowed}, found {found}{suggestion}{quotes}"


def _did_you_mean(path: KeyPath, root: type[Any]) -> str:
    """A key that is spelled nearly so beside it, or just so in another section."""
    wrong = str(path[-1]).lower().replace("-", "_")
    section = root
    for part in path[:-1]:
        section = next(each.kind for each in fields_of(section) if each.path[-1] == part)
    near = _closest(wrong, (each.path[-1] for each in fields_of(section)))
    elsewhere = [each.key for each in keys_of(root) if each.path[-1] == wrong]
    if near or len(elsewhere) != 1:
        return near
    return f"; did you mean '{elsewhere[0]}'?"


def _closest(wrong: str, candidates: typing.Iterable[str]) -> str:
    found = difflib.get_close_matches(wrong, list(candidates), n=1)
    return f"; did you mean '{found[0]}'?" if found else ""


__all__ = ["json_schema", "validate"]
