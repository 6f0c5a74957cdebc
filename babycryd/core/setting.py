"""Declarations of settings: default, unit, range and one sentence, beside the code that uses the setting.

A room writes a frozen dataclass whose fields are made by `setting`. `babycryd.config` turns these declarations into the
YAML schema, its error messages and the documentation, and checks the values once, when the file is read.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from babycryd.core.named import Names

KEY = "babycryd.setting"


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """Declaration of a settings field, beyond its type and default."""

    doc: str  # one sentence for the owner
    unit: str = ""  # "s", "dB", "Hz", "fraction", "" where there is none
    low: float | None = None  # smallest allowed value, included
    high: float | None = None  # largest allowed value, included
    choices: tuple[str, ...] = ()  # the only values allowed for a text; empty: any
    live: bool = False  # SIGHUP applies a change while running
    secret: bool = False  # never printed
    names: Names = ""  # what a text names outside: a host, a path or another thing; its form is checked then
    example: Any = None  # shown (commented out) in the YAML where the default is empty


def setting(  # noqa: PLR0913  # one for each field of `Setting`, all by keyword
    default: Any,
    doc: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
    secret: bool = False,
    names: Names = "",
    example: Any = None,
) -> Any:
    """Declare a dataclass field with its default (a callable makes a fresh one) and its `Setting`.

    `choices` are for a field of type `str` whose values are listed elsewhere, such as in a registry; values that are
    listed nowhere else are a `Literal`.
    """
    about = Setting(doc, unit, low, high, choices, live, secret, names, example)
    if isinstance(default, Callable):  # type: ignore[arg-type]  # a factory: list, dict, a room's own settings
        return dataclasses.field(default_factory=default, metadata={KEY: about})
    return dataclasses.field(default=default, metadata={KEY: about})


def setting_of(field: "dataclasses.Field[Any]") -> Setting | None:
    """Return the declaration of a field, or None for a plain field."""
    found = field.metadata.get(KEY)
    return found if isinstance(found, Setting) else None
