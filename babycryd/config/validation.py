"""Validation of a document against the settings, with every fault in plain words.

A section may have a method `check(self) -> Iterator[tuple[str, str]]` that yields (key, complaint) for rules between
keys. It runs once all keys of the section are valid by themselves. Where a value is wrong, the default takes its place,
and a rule that names its key is not heard: it would complain of the default.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from babycryd.config.declared import Declared, choices, declared_at, fields_of, keys_of
from babycryd.config.document import Document, join
from babycryd.config.document import Path as KeyPath
from babycryd.config.errors import Problem
from babycryd.config.values import NotAllowedError, converted
from babycryd.core.named import Names, did_you_mean, fault_of

SettingsT = TypeVar("SettingsT")


def validate(document: Document, root: type[SettingsT]) -> tuple[SettingsT, list[Problem]]:
    """Return the settings in the document, with defaults in place of wrong values, and everything that is wrong."""
    validation = _Validation(document, root)
    settings = validation.section(document.values, (), root)
    return settings, list(dict.fromkeys(validation.problems))


def problem_at(key: str, message: str, document: Document) -> Problem:
    """Return a problem of a key such as `notify.services[0].url`, with its line where the key is in the file."""
    path = (int(part) if part.isdigit() else part for part in re.split(r"\.|\[|\]\.?", key) if part)
    return _problem(tuple(path), message, document)


class _Validation:
    """Validation of one document: the faults found so far, and the paths of the values that are left out."""

    def __init__(self, document: Document, root: type[Any]) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._root = root
        self._left_out: list[KeyPath] = []
        self._rules_hold = True  # in all sections so far

    def section(self, value: Any, path: KeyPath, kind: type[SettingsT]) -> SettingsT:
        """Return a section made of a value; None stands for the defaults."""
        if value is None:
            return kind()
        if not isinstance(value, dict):
            self._leave_out(path, f"must be a section of 'key: value' lines, found {self._found(path)}")
            return kind()
        before, self._rules_hold = self._rules_hold, True
        settings = self._built(kind, dict(self._values(value, path, kind)), path)
        if self._rules_hold:  # in its subsections
            self._check_rules(settings, path)
        self._rules_hold &= before
        return settings

    def _values(self, values: Mapping[str, Any], path: KeyPath, kind: type[Any]) -> Iterator[tuple[str, Any]]:
        """Yield the name and the value of each key that is given and right."""
        fields = {each.path[-1]: each for each in fields_of(kind)}
        for key, value in values.items():
            if key not in fields:
                self._leave_out((*path, key), "unknown key" + _did_you_mean((*path, key), self._root))
                continue
            faults = len(self._left_out)
            found = self._value(value, (*path, key), fields[key])
            if len(self._left_out) == faults or fields[key].is_section:
                yield key, found

    def _value(self, value: Any, path: KeyPath, declared: Declared) -> Any:
        """Return the value of a key; None, after a fault was noted, where it is wrong."""
        if declared.is_section:
            return self.section(value, path, declared.kind)
        if item := declared.item:
            return self._items(value, path, lambda each, at: self.section(each, at, item))
        if kind := declared.item_kind:
            return self._items(value, path, lambda each, at: self._scalar(each, at, kind, declared))
        return self._scalar(value, path, declared.kind, declared)

    def _items(self, value: Any, path: KeyPath, item: Callable[[Any, KeyPath], Any]) -> Any:
        if not isinstance(value, list):
            return self._refuse(path)
        return tuple(item(each, (*path, index)) for index, each in enumerate(value))

    def _scalar(self, value: Any, path: KeyPath, kind: Any, declared: Declared) -> Any:
        try:
            return converted(value, kind, declared.about)
        except NotAllowedError:
            return self._refuse(path)

    def _refuse(self, path: KeyPath) -> None:
        self._leave_out(path, _mismatch(path, self._document, self._root))

    def _built(self, kind: type[SettingsT], values: dict[str, Any], path: KeyPath) -> SettingsT:
        """Return the section, without each value that its own __post_init__ refuses."""
        while True:
            try:
                return kind(**values)
            except ValueError as error:
                key, _, rest = str(error).partition(" ")  # its message begins with the key
                if key not in values:
                    self._leave_out(path, str(error))
                    return kind()
                self._leave_out((*path, key), rest)
                del values[key]

    def _check_rules(self, settings: Any, path: KeyPath) -> None:
        faults = dict(_faults(settings))
        rules = settings.check() if hasattr(settings, "check") else ()
        broken = [(key, complaint) for key, complaint in rules if key not in faults]
        self._rules_hold = not faults and not broken
        heard = ((key, text) for key, text in broken if not _names_any(text, path, self._left_out))
        for key, complaint in (*faults.items(), *heard):
            self.problems.append(_problem((*path, *key.split(".")), complaint, self._document))

    def _leave_out(self, path: KeyPath, message: str) -> None:
        self.problems.append(_problem(path, message, self._document))
        self._left_out.append(path)

    def _found(self, path: KeyPath) -> str:
        return self._document.places[path].found


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


def _names_any(message: str, section: KeyPath, dropped: Iterable[KeyPath]) -> bool:
    """Return whether a rule's complaint names a dropped key of its section."""
    words = set(re.findall(r"\w+", message))
    return any(path[-1] in words for path in dropped if path[: len(section)] == section and len(path) > len(section))


def _problem(path: KeyPath, message: str, document: Document) -> Problem:
    """Return the problem at its key, or at the nearest section around it where the key is not in the file."""
    around = (path[:length] for length in range(len(path), 0, -1))
    line = next((document.places[each].line for each in around if each in document.places), None)
    return Problem(message, join(path), line)


def _mismatch(path: KeyPath, document: Document, root: type[Any]) -> str:
    declared = declared_at(root, path)
    assert declared is not None  # other keys are unknown, and have no value
    found = document.places[path].found
    if declared.about.secret:
        return f"must be {declared.allowed}, found something else (not shown)"
    if found == "nothing":
        return f"must be {declared.allowed}; write a value, or remove the line to take the default"
    suggestion = did_you_mean(found.removeprefix("the text ").strip("'\""), choices(declared.kind))
    unquoted = not found.startswith(("the text ", "a "))
    quotes = "; put it in quotes" if unquoted and declared.is_text else ""
    return f"must be {declared.allowed}, found {found}{suggestion}{quotes}"


def _did_you_mean(path: KeyPath, root: type[Any]) -> str:
    """Return a hint at a similar key beside it, or at the same key in another section."""
    wrong = str(path[-1]).lower().replace("-", "_")
    above = declared_at(root, path[:-1])
    section = root if above is None else above.item or above.kind
    near = did_you_mean(wrong, (each.path[-1] for each in fields_of(section)))
    others = [each.key for each in keys_of(root) if each.path[-1] == wrong]
    if near or len(others) != 1:
        return near
    return f"; did you mean '{others[0]}'?"
