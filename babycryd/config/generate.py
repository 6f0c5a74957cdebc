"""Generator of the example configuration, the JSON Schema and the reference, from the settings' declarations.

`python -m babycryd.config.generate` rewrites the files in a checkout; a test keeps them current.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babycryd.config.declared import Declared, fields_of, plain
from babycryd.config.document import parse_scalar
from babycryd.config.load import schema
from babycryd.config.sections import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE = Path("config/babycryd.yaml")
SCHEMA = Path("config/babycryd.schema.json")
REFERENCE = Path("docs/configuration.md")

_WIDTH = 100
_PLAIN_TEXT = re.compile(r"[A-Za-z/~][A-Za-z0-9_./~-]*")
_GENERATED = re.compile(r"(<!-- generated: begin -->\n).*(<!-- generated: end -->)", re.DOTALL)
_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA.name}
#
# babycryd: every setting with its meaning, what it allows and its default.
# Each value here is the default, so a file needs only the lines that differ from it.
# After an edit: babycryd check-config FILE. Settings marked [live] follow a reload
# (systemctl reload babycryd, or SIGHUP); the others need a restart.
"""


def example() -> str:
    """Return `config/babycryd.yaml`: every key, at its default."""
    return "\n".join([_HEAD, *_example_lines(Settings, "")]).rstrip() + "\n"


def schema_text() -> str:
    """Return `config/babycryd.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def reference(page: str) -> str:
    """Return the page with its generated part, between two marks, made anew."""
    tables = "\n".join(_tables(Settings, ()))
    return _GENERATED.sub(lambda marks: f"{marks[1]}\n{tables}\n{marks[2]}", page)


def as_yaml(value: Any) -> str:
    """Return a value as it stands behind a key."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return plain(value)
        case tuple() | list():
            return f"[{', '.join(map(as_yaml, value))}]"
    text = str(value)
    if _PLAIN_TEXT.fullmatch(text) and isinstance(parse_scalar(text), str):
        return text
    return json.dumps(text, ensure_ascii=False)


def _example_lines(section: type[Any], indent: str, above: tuple[str, ...] = ()) -> Iterator[str]:
    for each in fields_of(section, above):
        if each.is_section:
            yield from _comment(each.about.doc, indent)
            yield f"{indent}{each.path[-1]}:"
            yield from _example_lines(each.kind, indent + "  ", each.path)
        else:
            yield from _key_lines(each, indent)


def _key_lines(each: Declared, indent: str) -> Iterator[str]:
    default = f" Default: {as_yaml(each.default)}." if each.default not in {None, "", ()} else ""
    live = " [live]" if each.about.live else ""
    yield from _comment(each.about.doc, indent)
    yield from _comment(f"Allowed: {each.allowed}.{default}{live}", indent)
    if default or each.about.example is None:
        yield f"{indent}{each.path[-1]}: {as_yaml(each.default)}"
    else:
        yield f"{indent}# {each.path[-1]}: {as_yaml(each.about.example)}"
    if each.item:
        yield from _item_lines(each, indent)
    yield ""


def _item_lines(each: Declared, indent: str) -> Iterator[str]:
    """Yield one item of a list of sections as a comment: every key with its meaning."""
    assert each.item is not None
    yield f"{indent}# Keys of each item:"
    for key in fields_of(each.item):
        default = f" Default: {as_yaml(key.default)}." if key.default not in {None, "", ()} else ""
        yield from _comment(f"{key.path[-1]}: {key.about.doc} Allowed: {key.allowed}.{default}", indent, "  ")


def _comment(text: str, indent: str, more: str = "") -> list[str]:
    head = f"{indent}# {more}"
    return textwrap.wrap(
        text, _WIDTH, initial_indent=head, subsequent_indent=head, break_long_words=False, break_on_hyphens=False
    )


def _tables(section: type[Any], above: tuple[str, ...]) -> Iterator[str]:
    """Yield one table for the keys of a section, then those of its subsections."""
    declared = list(fields_of(section, above))
    keys = [each for each in declared if not each.is_section]
    if keys:
        yield "| key | default | allowed | live | meaning |\n|---|---|---|---|---|"
        yield from map(_row, keys)
        yield ""
    for each in declared:
        if each.item:
            yield f"{'#' * (2 + len(each.path))} {each.key}[]\n\nThe keys of each item of the list.\n"
            yield from _tables(each.item, (*above, f"{each.path[-1]}[]"))
        if each.is_section:
            yield f"{'#' * (2 + len(each.path))} {each.key}\n\n{each.about.doc}\n"
            yield from _tables(each.kind, each.path)


def _row(each: Declared) -> str:
    default = f"`{as_yaml(each.default)}`" if each.default not in {None, ""} else ""
    cells = (f"`{each.key}`", default, each.allowed, "yes" if each.about.live else "", each.about.doc)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> None:
    page = CHECKOUT / REFERENCE
    (CHECKOUT / EXAMPLE).write_text(example(), encoding="utf-8")
    (CHECKOUT / SCHEMA).write_text(schema_text(), encoding="utf-8")
    page.write_text(reference(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
