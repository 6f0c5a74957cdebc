"""Validation of a document against the settings, with pydantic's errors in plain words."""

import difflib
import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from babycryd.config.declared import choices, declared_at, fields_of, keys_of
from babycryd.config.document import Document, join
from babycryd.config.document import Path as KeyPath
from babycryd.config.errors import Problem
from babycryd.config.models import BROKEN_RULES, WITHOUT_RULES, adapter

SettingsT = TypeVar("SettingsT")


def validate(document: Document, root: type[SettingsT]) -> tuple[SettingsT, list[Problem]]:
    """Return the settings in the document, with defaults in place of wrong values, and everything that is wrong.

    A section's rules run only once each of its values is valid by itself. So every value that is not is dropped, and
    the rest is validated again. A rule that names a dropped key is not heard: it would complain of the default.
    """
    values, problems, dropped = document.values, list[Problem](), list[KeyPath]()
    while True:
        try:
            settings: SettingsT = adapter(root).validate_python(values)
        except ValidationError as error:
            details = error.errors(include_url=False)
            found = [each for detail in details for each in _problems(detail, document, root, dropped)]
            problems = list(dict.fromkeys([*problems, *(problem for problem, _ in found)]))
            wrong = [path for _, path in found if path is not None]
            if not wrong:
                return adapter(root).validate_python(values, context=WITHOUT_RULES), problems
            values = functools.reduce(_without, dict.fromkeys(wrong), values)
            dropped += wrong
        else:
            return settings, problems


def problem_at(key: str, message: str, document: Document) -> Problem:
    """Return a problem of a key such as `notify.services[0].url`, with its line where the key is in the file."""
    path = (int(part) if part.isdigit() else part for part in re.split(r"\.|\[|\]\.?", key) if part)
    return _problem(tuple(path), message, document)


def _without(values: Any, path: KeyPath) -> Any:
    """Return the values without the one at `path`, or without its section where that lacks it; None: none is left."""
    if not path or not isinstance(values, dict) or path[0] not in values:
        return None
    rest = _without(values[path[0]], path[1:])
    return {key: value for key, value in values.items() if key != path[0]} | ({} if rest is None else {path[0]: rest})


def _problems(
    detail: ErrorDetails, document: Document, root: type[Any], dropped: Iterable[KeyPath]
) -> Iterator[tuple[Problem, KeyPath | None]]:
    """Yield each fault that pydantic found, and the path to drop; None for the fault of a valid value."""
    path = tuple(detail["loc"])
    while path not in document.places:  # pydantic adds the name of a union's branch
        path = path[:-1]
    match detail["type"]:
        case kind if kind == BROKEN_RULES:
            for key, message in detail["ctx"]["faults"]:
                yield _problem((*path, key), message, document), None
            for key, message in detail["ctx"]["broken"]:
                if not _names_any(message, path, dropped):
                    yield _problem((*path, *key.split(".")), message, document), None
        case "extra_forbidden":
            yield _problem(path, "unknown key" + _did_you_mean(path, root), document), path
        case "value_error":  # a dataclass's own __post_init__
            yield _refused(path, str(detail["ctx"]["error"]), document)
        case "model_type" | "model_attributes_type":
            message = f"must be a section of 'key: value' lines, found {document.places[path].found}"
            yield _problem(path, message, document), path
        case _:
            yield _problem(path, _mismatch(path, document, root), document), path


def _names_any(message: str, section: KeyPath, dropped: Iterable[KeyPath]) -> bool:
    """Return whether a rule's complaint names a dropped key of its section."""
    words = set(re.findall(r"\w+", message))
    return any(path[-1] in words for path in dropped if path[: len(section)] == section and len(path) > len(section))


def _problem(path: KeyPath, message: str, document: Document) -> Problem:
    """Return the problem at its key, or at the nearest section around it where the key is not in the file."""
    around = (path[:length] for length in range(len(path), 0, -1))
    line = next((document.places[each].line for each in around if each in document.places), None)
    return Problem(message, join(path), line)


def _refused(path: KeyPath, message: str, document: Document) -> tuple[Problem, KeyPath]:
    """Return a dataclass's own ValueError as a problem at the key that its message begins with, and that key."""
    key, _, rest = message.partition(" ")
    if (*path, key) in document.places:
        return _problem((*path, key), rest, document), (*path, key)
    return _problem(path, message, document), path


def _mismatch(path: KeyPath, document: Document, root: type[Any]) -> str:
    declared = declared_at(root, path)
    assert declared is not None  # pydantic knows no other keys
    found = document.places[path].found
    if declared.about.secret:
        return f"must be {declared.allowed}, found something else (not shown)"
    if found == "nothing":
        return f"must be {declared.allowed}; write a value, or remove the line to take the default"
    suggestion = _closest(found.removeprefix("the text ").strip("'\""), choices(declared.kind))
    unquoted = not found.startswith(("the text ", "a "))
    quotes = "; put it in quotes" if unquoted and declared.is_text else ""
    return f"must be {declared.allowed}, found {found}{suggestion}{quotes}"


def _did_you_mean(path: KeyPath, root: type[Any]) -> str:
    """Return a hint at a similar key beside it, or at the same key in another section."""
    wrong = str(path[-1]).lower().replace("-", "_")
    above = declared_at(root, path[:-1])
    section = root if above is None else above.item or above.kind
    near = _closest(wrong, (each.path[-1] for each in fields_of(section)))
    others = [each.key for each in keys_of(root) if each.path[-1] == wrong]
    if near or len(others) != 1:
        return near
    return f"; did you mean '{others[0]}'?"


def _closest(wrong: str, candidates: Iterable[str]) -> str:
    found = difflib.get_close_matches(wrong, list(candidates), n=1)
    return f"; did you mean '{found[0]}'?" if found else ""
