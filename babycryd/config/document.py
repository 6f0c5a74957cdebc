"""Document: YAML text read into plain values, with the line of each.

It knows only what a settings file needs: sections, lists, text, numbers, yes/no, nothing. Scalars follow
YAML 1.2 (`22:00` and `2026-01-01` are text, `0123` is 123, `1e-3` a number) plus `yes`, `no`,
`on` and `off`. Aliases and tags are refused, so that no file can grow while it is read, or build objects.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from babycryd.config.errors import ConfigError, Problem

Path = tuple[str | int, ...]  # ("lullaby", "tracks", 0)

_DEEPEST = 12  # levels; the settings use four
_LONGEST_SHOWN = 40  # characters of a wrong value in a message
_UNFIT = re.compile("[\x00\ud800-\udfff]")  # NUL and half characters: no path or topic can hold them
_TAG = "tag:yaml.org,2002:"
_TRUE = {"yes", "true", "on"}
_SCALARS = (  # tag, pattern, first characters
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"(?i:yes|no|true|false|on|off)", list("yYnNtTfFoO")),
    ("int", r"[-+]?[0-9]{1,18}", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", list("-+.")),
)
_REMEDIES = (  # part of the parser's message, what to do about it
    (r"'\t'", "indent with spaces, not with tabs"),
    ("cannot start any token", "put a text that begins with this character in quotes"),
    ("mapping values are not allowed", "put a text that holds ': ' in quotes, and indent each section evenly"),
    ("could not find expected ':'", "write 'key: value', with a space after the colon"),
    ("another document", "remove the '---' between them"),
    ("unexpected end of stream", "close the quotes"),
    ("expected <block end>", "indent the lines of a section evenly"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Line of a value, and its form in a message."""

    line: int
    found: str


@dataclass(slots=True)
class Document:
    """Values of a file, the place of each, and the faults that did not stop the reading."""

    values: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refusal("aliases (*) are not supported; put a text that begins with * in quotes", event)
        if getattr(event, "tag", None) is not None:
            raise _refusal("tags (!) are not supported; put a text that begins with ! in quotes", event)
        if self.depth >= _DEEPEST:
            raise _refusal(f"more than {_DEEPEST} levels deep", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Loader.yaml_implicit_resolvers = {}  # none of YAML 1.1's
for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_TAG + _tag, re.compile(rf"(?:{_pattern})\Z"), _first)


def parse(text: str, source: str) -> Document:
    """Return the document in `text`; its values are None where it is empty. Raises ConfigError where it is not YAML."""
    node = compose(text, source)
    document = Document()
    if node is not None:
        document.values = _value(node, (), document)
    return document


def compose(text: str, source: str) -> yaml.Node | None:
    """Return the tree of a text with the place of each value; None where it is empty. Raises as `parse`."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.reader.ReaderError as error:
        raise ConfigError(source, [_unreadable(text, error)]) from error
    except yaml.MarkedYAMLError as error:
        raise ConfigError(source, [_syntax(error)]) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML passes on the errors of chr() and int()
        raise ConfigError(source, [Problem(f"not valid YAML: {error}")]) from error


def parse_scalar(text: str) -> Any:
    """Return the value of `text` without quotes in a YAML file."""
    tag = _Loader("").resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return _scalar(yaml.ScalarNode(tag, text))


def join(path: Path) -> str:
    """Return a path as one text: `("lullaby", "tracks", 0)` -> `lullaby.tracks[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def _value(node: yaml.Node, path: Path, document: Document) -> Any:
    document.places.setdefault(path, Place(_line(node), _found(node)))
    match node:
        case yaml.MappingNode():
            return _mapping(node, path, document)
        case yaml.SequenceNode():
            return [_value(item, (*path, index), document) for index, item in enumerate(node.value)]
    if _UNFIT.search(node.value):
        document.problems.append(Problem("holds a character that no setting can use", join(path), _line(node)))
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key, str) or _UNFIT.search(key):
            document.problems.append(Problem("a key must be a single word", join(path), _line(key_node)))
        elif key in values:
            first = document.places[*path, key].line
            document.problems.append(
                Problem(f"given twice, first in line {first}", join((*path, key)), _line(key_node))
            )
        else:
            document.places[*path, key] = Place(_line(key_node), _found(value_node))
            values[key] = _value(value_node, (*path, key), document)
    return values


def _scalar(node: yaml.Node) -> Any:
    match node.tag.removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return node.value.lower() in _TRUE
        case "int":
            return int(node.value)
        case "float":
            return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return node.value


def _found(node: yaml.Node) -> str:
    match node.tag.removeprefix(_TAG):
        case "map":
            return "a section"
        case "seq":
            return "a list"
        case "null":
            return "nothing"
        case "str":
            return f"the text {_cut(node.value)!r}"
    return _cut(node.value)


def _shown(key: str) -> str:
    """Return a key as it can stand in a message: printable, short, never empty."""
    return _cut(key) if key and key.isprintable() else repr(_cut(key))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _refusal(message: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=message, problem_mark=event.start_mark)


def _unreadable(text: str, error: yaml.reader.ReaderError) -> Problem:
    before = text[: error.position]
    line, column = before.count("\n") + 1, error.position - before.rfind("\n")
    return Problem("holds a control character; is this a text file?", line=line, column=column)


def _syntax(error: yaml.MarkedYAMLError) -> Problem:
    """Return PyYAML's message without its excerpt of the file: that line could hold a secret."""
    said = error.problem or error.context or "not valid YAML"
    remedy = next((f"; {remedy}" for part, remedy in _REMEDIES if part in said), "")
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(said + remedy)
    return Problem(said + remedy, line=mark.line + 1, column=mark.column + 1)
