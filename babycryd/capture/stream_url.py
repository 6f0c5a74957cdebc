"""PURE. URLs of network microphones: checked, shown without secrets, and completed by name and password."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

THROUGH_FFMPEG: Final = frozenset({"rtsp", "rtsps", "http", "https"})
RAW: Final = frozenset({"udp", "tcp"})  # 16-bit samples, read by babycryd itself
ANY_ADDRESS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  # recognised here, bound by the owner's wish alone
LONGEST_URL: Final = 2000  # characters
_ALLOWED: Final = re.compile(r"[!#-&(-;=?-\[\]^_a-z{|}~]*")  # printable ASCII, but no quotes, < > \ or `
_SECRET_KEYS: Final = re.compile(r"pass|pwd|token|secret|auth|key", re.IGNORECASE)
_NAME, _PASSWORD = "{username}", "{password}"


@dataclass(frozen=True, slots=True)
class StreamUrl:
    """URL of a network microphone, without a name and password."""

    scheme: str
    host: str
    port: int | None
    rest: str  # path and query

    @property
    def shown(self) -> str:
        """URL for log, page and errors: path and query are left out, since some cameras keep a secret there."""
        return f"{self.scheme}://{self._place}{'/…' if self.rest.strip('/') else ''}"

    def with_login(self, username: str, password: str | None) -> str:
        """Return the whole URL: name and password at their places in path or query, else in front of the host."""
        name, word = quote(username, safe=""), quote(password or "", safe="")
        if _NAME in self.rest or _PASSWORD in self.rest:
            return f"{self.scheme}://{self._place}{self.rest.replace(_NAME, name).replace(_PASSWORD, word)}"
        login = f"{name}:{word}@" if username or password else ""
        return f"{self.scheme}://{login}{self._place}{self.rest}"

    @property
    def _place(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def parse_stream_url(url: str) -> StreamUrl:
    """Return the parts of a URL. Raises ValueError with the fault and the remedy; the message quotes nothing of it."""
    if len(url) > LONGEST_URL or not _ALLOWED.fullmatch(url):
        raise ValueError(
            f"holds a blank, a quote or another character that no URL has, or more than {LONGEST_URL} of them"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its message quotes what may be a password
        raise ValueError("is no URL: write one such as rtsp://192.168.1.40:554/stream1") from None
    if parts.scheme not in THROUGH_FFMPEG | RAW:
        raise ValueError("must begin with rtsp://, rtsps://, http://, https://, udp:// or tcp://")
    if "@" in parts.netloc:
        raise ValueError("must not hold a name or password: set username and password_file in their place")
    if not parts.hostname:
        raise ValueError("names no computer: write one such as rtsp://192.168.1.40:554/stream1")
    if parts.scheme in RAW and not port:
        raise ValueError(f"needs a port, such as {parts.scheme}://192.168.1.41:5004")
    if parts.scheme == "tcp" and parts.hostname in ANY_ADDRESS:
        raise ValueError("must name the computer that sends, as babycryd connects to it: tcp://192.168.1.41:5004")
    _refuse_secrets(parts.query)
    query = f"?{parts.query}" if parts.query else ""
    return StreamUrl(parts.scheme, parts.hostname, port, parts.path + query)


def url_fault(url: str) -> str | None:
    """Return what is wrong with a URL and the remedy, which quote nothing of it; None for a good one."""
    try:
        parse_stream_url(url)
    except ValueError as error:
        return str(error)
    return None


def _refuse_secrets(query: str) -> None:
    """Raise ValueError where a parameter of the query looks like a secret and is not its placeholder."""
    for key, value in parse_qsl(query):
        if _SECRET_KEYS.search(key) and value not in {_NAME, _PASSWORD}:
            raise ValueError(f"holds a secret: write {_PASSWORD} in its place, and the secret into password_file")
