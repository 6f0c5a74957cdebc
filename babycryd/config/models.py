"""Pydantic models of the settings dataclasses, and the JSON Schema that pydantic makes of them.

A section may have a method `check(self) -> Iterator[tuple[str, str]]` that yields (key,
complaint) for rules between keys. It runs once all keys of the section are valid by themselves,
so that no rule complains of a default in place of a refused value.
"""

import dataclasses
import functools
import os
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationInfo, create_model
from pydantic_core import PydanticCustomError

from babycryd.config.declared import Declared, Form, fields_of
from babycryd.core.named import Names, fault_of
from babycryd.core.setting import Setting

BROKEN_RULES = "broken_rules"  # the type of pydantic's error; its context holds faults of texts, and broken rules
WITHOUT_RULES: Final = {"rules": False}  # a context of validation that builds sections whose rules are broken


def adapter(root: type[Any]) -> TypeAdapter[Any]:
    """Return the pydantic validator that turns plain values into a `root`; None stands for the defaults."""
    made: TypeAdapter[Any] = _adapter(root)  # type: ignore[arg-type]  # a class is hashable
    return made


@functools.lru_cache(maxsize=1)
def _adapter(root: type[Any]) -> TypeAdapter[Any]:
    """Return the validator, made once: models are heavy, and as garbage they form reference cycles, which an idle
    daemon rarely collects.
    """
    return TypeAdapter(_section(root))


def json_schema(root: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the file, for editors."""
    generated = _tidy(adapter(root).json_schema())
    for section in generated["$defs"].values():
        section["type"] = ["object", "null"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **generated}


def _section(section: type[Any]) -> Any:
    """Return the type of a section for pydantic: its keys, or nothing; validated, it is the dataclass itself."""
    fields: dict[str, Any] = {each.path[-1]: _field(each) for each in fields_of(section)}
    config = ConfigDict(extra="forbid", allow_inf_nan=False, protected_namespaces=())
    model = create_model(section.__name__, __config__=config, **fields)
    return Annotated[model | None, AfterValidator(functools.partial(_build, section))]


def _field(each: Declared) -> tuple[Any, Any]:
    if each.is_section:
        return _section(each.kind), Field(default_factory=each.kind, description=each.about.doc)
    return _strict(each.kind, each.about), Field(
        default=each.default, description=f"{each.about.doc} Allowed: {each.allowed}."
    )


def _strict(kind: Any, about: Setting) -> Any:
    """Return the type as pydantic shall read it: a text is no number, yes is not 1, numbers within their range."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        form = next(each for each in kind.__metadata__ if isinstance(each, Form))
        return Annotated[str, Field(strict=True, pattern=f"^(?:{form.pattern})$")]
    if origin is tuple and dataclasses.is_dataclass(arguments[0]):
        return tuple[_section(typing.cast("type[Any]", arguments[0])), ...]  # type: ignore[misc]  # as below
    if origin is tuple:
        return tuple[_strict(arguments[0], about), ...]  # type: ignore[misc]  # a type made at run time
    if origin in {typing.Union, types.UnionType}:
        return functools.reduce(lambda left, right: left | right, (_strict(each, about) for each in arguments))
    if kind in {int, float}:
        limits = {"ge": about.low, "le": about.high}
        return Annotated[kind, Field(strict=True, **{name: kind(at) for name, at in limits.items() if at is not None})]
    return Annotated[kind, Field(strict=True)] if kind in {bool, str} else kind


def _build(section: type[Any], model: Any, info: ValidationInfo) -> Any:
    if model is None:
        return section()
    settings = section(**{each.name: getattr(model, each.name) for each in dataclasses.fields(section)})
    if info.context == WITHOUT_RULES:
        return settings
    faults = dict(_faults(settings))
    rules = settings.check() if hasattr(settings, "check") else ()
    broken = [(key, complaint) for key, complaint in rules if key not in faults]
    if faults or broken:
        raise PydanticCustomError(BROKEN_RULES, "{broken}", {"faults": list(faults.items()), "broken": broken})
    return settings


def _faults(settings: Any) -> Iterator[tuple[str, str]]:
    """Yield key and fault of each text of a section that cannot be what it names."""
    for each in fields_of(type(settings)):
        value = getattr(settings, each.path[-1])
        names: Names = "path" if isinstance(value, Path) else each.about.names
        if not isinstance(value, str | Path):
            continue
        if fault := fault_of(str(value), names):
            yield each.path[-1], fault
        elif names == "path" and not _has_home(str(value)):
            yield each.path[-1], "begins with the home folder of a user who does not exist"


def _has_home(path: str) -> bool:
    """Return whether the user in `~user/...` exists; True for every other path."""
    return not re.match("~[^/]", path) or os.path.expanduser(path) != path  # noqa: PTH111  # pathlib raises for it


def _tidy(schema: Any) -> Any:
    """Return the schema without titles, which repeat the keys, and with "section or null" as editors follow it."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(each) for key, each in schema.items() if not (key == "title" and isinstance(each, str))}
    branch = next((each for each in tidy.get("anyOf", []) if "$ref" in each), None)
    return tidy if branch is None else {**branch, **{key: each for key, each in tidy.items() if key != "anyOf"}}
