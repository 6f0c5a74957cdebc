"""PURE. Redaction: removes secrets, and the user's name, from texts that leave the house."""

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

REMOVED: Final = "[removed]"
SENSITIVE: Final = re.compile(r"passw(or)?d|passphrase|secret|token|credential|(^|_)key(_|$)", re.IGNORECASE)  # keys
_SHORT: Final = 6  # characters; a shorter secret may be part of innocent words
_URL: Final = re.compile(r"(\b[a-z][a-z0-9+.-]*://)\S*@", re.IGNORECASE)
_SUSPECT: Final = (  # up to the end of the line: a secret may hold spaces
    re.compile(r"()-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL),
    re.compile(r"\b((?:proxy-)?authorization\s*[:=]\s*|bearer\s+|basic\s+(?=[\w+/]{8}))\S.*", re.IGNORECASE),
    re.compile(
        r"(\b[\w-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key)\w*[\"']?\s*[:=]\s*)\S.*",
        re.IGNORECASE,
    ),
)


class Redactor:
    """Redactor of the secrets of one computer and one configuration."""

    def __init__(self, secrets: Iterable[str], home: str) -> None:
        """`secrets`: removed literally; `home`: the user's folder, whose path names the user."""
        self._home = home.rstrip("/")
        forms = {form for secret in secrets if secret.strip() for form in _forms(secret)}
        self._secrets = [_found(form) for form in sorted(forms, key=len, reverse=True)]

    def own(self, text: str) -> str:
        """Redact a text of babycryd's own, which may mention passwords: known secrets and passwords in URLs."""
        for secret in self._secrets:
            text = secret.sub(REMOVED, text)
        text = _URL.sub(rf"\1{REMOVED}@", text)
        return re.sub(rf"{re.escape(self._home)}(?![\w.-])", "~", text) if self._home else text

    def any(self, text: str) -> str:
        """Redact a text of any origin: also everything that looks like a secret."""
        text = self.own(text)
        for suspect in _SUSPECT:
            text = suspect.sub(rf"\1{REMOVED}", text)
        return text


def _forms(secret: str) -> Iterable[str]:
    """Yield a secret as it appears in a file, in a URL and in JSON; also each of its lines, if it has several."""
    lines = [line.strip() for line in secret.splitlines()]
    for each in {secret, secret.strip(), *(line for line in lines if len(line) >= _SHORT or len(lines) == 1)}:
        yield from (each, quote(each, safe=""), json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1])


def _found(secret: str) -> re.Pattern[str]:
    literal = re.escape(secret)
    return re.compile(literal if len(secret) >= _SHORT else rf"(?<!\w){literal}(?!\w)")
