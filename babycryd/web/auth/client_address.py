"""PURE. Who asks, seen through the proxies that are believed."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SAID_BY_PROXIES: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "X-Ingress-Path", "Via")
_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+/?")  # what may stand in a cookie's path
_LONGEST_PREFIX: Final = 256

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request came from."""

    address: str  # of the browser, as far as believed proxies tell
    secure: bool  # it speaks HTTPS
    prefix: str = "/"  # what stands before our paths, with / at its end
    through: bool = False  # a proxy that is believed handed it on
    stranger: bool = False  # a proxy that is not believed handed it on


def networks(proxies: Sequence[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each, strict=False) for each in proxies)


def client_of(peer: str, headers: Mapping[str, str], trusted: Sequence[Network], *, secure: bool) -> Client:
    """`peer`: the address at the other end of the connection; `secure`: the connection is TLS."""
    if not _is_among(peer, trusted):
        return Client(peer, secure, stranger=any(name in headers for name in SAID_BY_PROXIES))
    hops = [each.strip() for each in headers.get("X-Forwarded-For", "").split(",") if each.strip()]
    address = next((hop for hop in reversed(hops) if not _is_among(hop, trusted)), peer)
    return Client(
        address if _address(address) else peer,
        headers.get("X-Forwarded-Proto", "https" if secure else "http").split(",")[-1].strip().lower() == "https",
        _prefix(headers.get("X-Ingress-Path") or headers.get("X-Forwarded-Prefix") or "/"),
        through=True,
    )


def limit_key(address: str) -> str:
    """The address as one client: the whole IPv6 network of a home is one."""
    parsed = _address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def _prefix(text: str) -> str:
    if len(text) > _LONGEST_PREFIX or not _PREFIX.fullmatch(text) or ".." in text:
        return "/"
    return text.rstrip("/") + "/"


def _address(text: str) -> Address | None:
    try:
        parsed = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _is_among(text: str, trusted: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted)
