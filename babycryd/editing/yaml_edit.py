"""Edits of a YAML text: one value or one item of a list is changed, and every other character stays as it is.

PyYAML says where each value stands; its text is replaced there. A library that writes the whole file anew (ruamel.yaml)
keeps comments, too, but moves those behind the last key of a section. Each edit is read again and compared: an edit
that would change anything else is refused.
"""

from collections.abc import Callable
from typing import Any, Final

import yaml

from babycryd.config.document import compose, parse
from babycryd.config.errors import ConfigError
from babycryd.config.generate import as_yaml

Edit = Callable[[str], str]  # takes a text and returns the edited one; raises EditError
_INDENT: Final = 2
_NULL: Final = ":null"  # ends the tag of nothing, and of a word for nothing
_BLOCKS: Final = ("|", ">")  # styles of scalars that span lines


class EditError(Exception):
    """A text has a form in which this value cannot be changed; the file is to be edited by hand."""


def set_value(text: str, section: str, key: str, value: Any) -> str:
    """Return the text with one key of one section set. Raises EditError, and ConfigError where it is not YAML."""
    return _checked(_with(text, section, key, as_yaml(value)), _plain(text), section, key, value)


def add_item(text: str, section: str, key: str, item: dict[str, Any]) -> str:
    """Return the text with an item behind the others of a list, which need not exist. Raises as `set_value`."""
    items = _items(text, section, key)
    flow = "{" + ", ".join(f"{name}: {as_yaml(value)}" for name, value in item.items()) + "}"
    node = _find(text, section, key)
    if node is not None and not isinstance(node, yaml.SequenceNode) and not node.tag.endswith(_NULL):
        raise EditError(f"{section}.{key} is no list")
    if not items or not isinstance(node, yaml.SequenceNode):
        edited = _with(text, section, key, f"[{flow}]")
    elif node.flow_style:
        end = node.end_mark.index - 1
        edited = f"{text[:end]}, {flow}{text[end:]}"
    else:
        column = node.start_mark.column
        edited = _with_line(text, _last_line(node), f"{' ' * column}- {flow}")
    return _checked(edited, _plain(text), section, key, [*items, item])


def remove_item(text: str, section: str, key: str, number: int) -> str:
    """Return the text without one item of a list, counted from 0. Raises as `set_value`."""
    items, node = _items(text, section, key), _find(text, section, key)
    if not isinstance(node, yaml.SequenceNode):
        raise EditError(f"{section}.{key} is no list")
    left, item = items[:number] + items[number + 1 :], node.value[number]
    if node.flow_style:
        begin, end = item.start_mark.index, item.end_mark.index
        if number:
            begin = node.value[number - 1].end_mark.index
        elif left:
            end = node.value[1].start_mark.index
        edited = text[:begin] + text[end:]
    else:
        lines = text.splitlines(keepends=True)
        last = _last_line(item)
        edited = "".join(lines[: item.start_mark.line] + lines[last + 1 :])
        if not left:
            edited = _with(edited, section, key, "[]")
    return _checked(edited, _plain(text), section, key, left)


def _with(text: str, section: str, key: str, written: str) -> str:
    """Return the text in which `written` stands behind a key, which is added where it is missing."""
    found = _entry(compose(text, ""), section)
    if found is None:
        return _with_section(text, f"{section}:", f"{' ' * _INDENT}{key}: {written}")
    name, keys = found
    if not isinstance(keys, yaml.MappingNode):
        if not keys.tag.endswith(_NULL):
            raise EditError(f"{section} is no section")
        emptied = text[: keys.start_mark.index] + text[keys.end_mark.index :]
        return _with_line(emptied, name.end_mark.line, f"{' ' * (name.start_mark.column + _INDENT)}{key}: {written}")
    entry = _entry(keys, key)
    if entry is not None:
        return _with_scalar(text, entry[1], written)
    if keys.flow_style:
        end = keys.end_mark.index - 1
        return f"{text[:end]}{', ' if keys.value else ''}{key}: {written}{text[end:]}"
    return _with_line(text, _last_line(keys), f"{' ' * keys.start_mark.column}{key}: {written}")


def _with_scalar(text: str, node: yaml.Node, written: str) -> str:
    if getattr(node, "style", None) in _BLOCKS:
        raise EditError("the value is written over several lines")
    begin, end = node.start_mark.index, node.end_mark.index
    gap = " " if begin == end and text[begin - 1] == ":" else ""
    return f"{text[:begin]}{gap}{written}{text[end:]}"


def _with_section(text: str, head: str, line: str) -> str:
    """Return the text with a section of one key at its end."""
    node, newline = compose(text, ""), _newline(text)
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        end = node.end_mark.index - 1
        inner = f"{head} {{{line.strip()}}}"
        return f"{text[:end]}{', ' if node.value else ''}{inner}{text[end:]}"
    begun = text if not text or text.endswith("\n") else text + newline
    return f"{begun}{head}{newline}{line}{newline}"


def _with_line(text: str, after: int, line: str) -> str:
    """Return the text with a line behind the line of number `after`, counted from 0."""
    lines, newline = text.splitlines(keepends=True), _newline(text)
    if lines and not lines[after].endswith("\n"):
        lines[after] += newline
    return "".join([*lines[: after + 1], f"{line}{newline}", *lines[after + 1 :]])


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _last_line(node: yaml.Node) -> int:
    """Return the number of the line in which the last value of a node ends."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        name, value = node.value[-1]
        return max(int(name.end_mark.line), _last_line(value))
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _last_line(node.value[-1])
    line = int(node.end_mark.line)
    return line - 1 if getattr(node, "style", None) in _BLOCKS else line


def _find(text: str, section: str, key: str) -> yaml.Node | None:
    found = _entry(compose(text, ""), section)
    entry = found and _entry(found[1], key)
    return entry[1] if entry else None


def _entry(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the nodes of a key and of its value in a mapping; None where there is none."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next(((key, value) for key, value in pairs if key.value == name), None)


def _items(text: str, section: str, key: str) -> list[Any]:
    found = _plain(text).get(section)
    items = found.get(key) if isinstance(found, dict) else None
    return items if isinstance(items, list) else []


def _plain(text: str) -> dict[str, Any]:
    values = parse(text, "").values
    return values if isinstance(values, dict) else {}


def _checked(edited: str, before: dict[str, Any], section: str, key: str, value: Any) -> str:
    """Return the edited text. Raises EditError where it differs in more than that value."""
    wanted = before | {section: (before.get(section) or {}) | {key: value}}
    why = f"{section}.{key} stands in a form that only a person can change"
    try:
        document = parse(edited, "")
    except ConfigError as error:
        raise EditError(why) from error
    if document.problems or document.values != wanted:
        raise EditError(why)
    return edited
