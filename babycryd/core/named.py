"""PURE. Faults of texts that name something outside, such as a host or a file, with the remedy of each."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

Names = Literal["", "thing", "path", "host"]  # what a text names; "": nothing, any text will do

_JOINERS: Final = frozenset("\u200c\u200d")  # invisible, but part of words in some scripts, and of some pictures
_FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters for Python, blank for everyone who reads them
_QUOTES: Final = "\"'`´‘’‚‛“”„‟«»‹›"  # noqa: RUF001  # they are looked for
_VARIABLE: Final = re.compile(r"\$\{|\$\(|^\$\w|^%\w+%$")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_ADDRESS: Final = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*:/+)?(?:.*@)?(?P<host>\[[^]]*\]|[^][:/]*)(?::(?P<port>\d*))?(?:/.*)?"
)
_LABEL: Final = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_LONGEST_HOST: Final = 253  # RFC 1035


def shown(text: str) -> str:
    """Return text in which every character that cannot be seen stands as its code, `[U+200B]`."""
    return "".join(each if _is_visible(each) else f"[U+{ord(each):04X}]" for each in text)


def fault_of(text: str, names: Names) -> str | None:
    """Return what is wrong with a text that names a thing, a path or a host, and the remedy; None for a good one."""
    if not text or not names:
        return None
    if hidden := _hidden(text):
        return hidden
    bare = text.strip(_QUOTES)
    if bare != text and (names == "host" or text[0] in _QUOTES):
        return f"stands in quotes that belong to it: write {bare} without them" if bare else "holds nothing but quotes"
    if _VARIABLE.search(text):
        return f"'{text}' is a variable, which is not replaced here: write its value"
    match names:
        case "host":
            return _host_fault(text)
        case "path" if _SCHEME.match(text):
            return "is a URL: write a path of this computer, such as /etc/babycryd/file"
    return None


def did_you_mean(wrong: str, candidates: Iterable[str]) -> str:
    """Return a hint at the most similar candidate, to end a complaint with; "" where none is similar."""
    import difflib  # 0.1 MB for a mistake

    found = difflib.get_close_matches(wrong, list(candidates), n=1)
    return f"; did you mean '{found[0]}'?" if found else ""


def _hidden(text: str) -> str | None:
    bare = "".join(each if _is_visible(each) or each in _JOINERS else " " for each in text).strip()
    if bare == text:
        return None
    if text.strip(" ") == bare:
        return f"begins or ends with a blank: write '{bare}'" if bare else "holds nothing but blanks"
    return f"'{shown(text)}' holds a character that cannot be seen, named in brackets: write it again by hand"


def _host_fault(text: str) -> str | None:
    if _is_address(text):
        return None
    parts = _ADDRESS.fullmatch(text)
    host = parts["host"].strip("[]") if parts else ""
    if parts is None or not (_is_address(host) or _is_name(host)):
        return f"'{_without_login(text)}' is no name and no address of a computer: write one such as 192.168.1.5"
    if host == text:
        return None
    port = f", and the port under a key of its own: port: {parts['port']}" if parts["port"] else ""
    return f"must be a name or address alone: write {host}{port}"


def _without_login(text: str) -> str:
    return text.rpartition("@")[2]  # the part before it may hold a password


def _is_visible(character: str) -> bool:
    return character.isprintable() and character not in _FILLERS


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_name(text: str) -> bool:
    """Return whether a text can be a host's name, as the resolver takes it. A last dot is allowed."""
    labels = text.removesuffix(".").split(".")
    if len(text) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return False
    if text.isascii():
        return True
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return unicodedata.normalize("NFKC", text) == text  # else a full-width letter, or another one that only looks plain
