"""Values as the declarations allow them: a text is no number, yes is not 1, numbers stay within their range."""

import math
import re
import types
import typing
from pathlib import Path
from typing import Any

from babycryd.config.declared import Form
from babycryd.core.setting import Setting


class NotAllowedError(ValueError):
    """The declaration does not allow this value."""


def converted(value: Any, kind: Any, about: Setting) -> Any:
    """Return a plain value as the declared kind, such as a path for a text. Raises NotAllowedError."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        form = next(each for each in kind.__metadata__ if isinstance(each, Form))
        return _checked(value, isinstance(value, str) and re.fullmatch(form.pattern, value))
    if origin is typing.Literal:
        return _checked(value, isinstance(value, str) and value in arguments)
    if origin in {typing.Union, types.UnionType}:
        return _first_of(value, arguments, about)
    if kind in {int, float}:
        return _number(value, kind, about)
    if kind is Path:
        return Path(_checked(value, isinstance(value, str)))
    return _checked(value, isinstance(value, kind))


def _first_of(value: Any, kinds: tuple[Any, ...], about: Setting) -> Any:
    for kind in kinds:
        try:
            return converted(value, kind, about)
        except NotAllowedError:
            continue
    raise NotAllowedError


def _number(value: Any, kind: type[int] | type[float], about: Setting) -> float:
    types_allowed = int if kind is int else int | float
    try:
        number = kind(_checked(value, isinstance(value, types_allowed) and not isinstance(value, bool)))
    except OverflowError:
        raise NotAllowedError from None
    low, high = -math.inf if about.low is None else about.low, math.inf if about.high is None else about.high
    return _checked(number, low <= number <= high and abs(number) != math.inf)  # type: ignore[no-any-return]


def _checked(value: Any, allowed: object) -> Any:
    if not allowed:
        raise NotAllowedError
    return value
