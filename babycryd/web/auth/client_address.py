"""PURE. Address of the client behind trusted reverse proxies."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

PROXY_HEADERS: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "X-Ingress-Path", "Via")
_HOME_ENDINGS: Final = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localdomain")  # in no public DNS
_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+/?")  # allowed as the path of a cookie
_LONGEST_PREFIX: Final = 256

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a request: the browser, as far as trusted proxies name it."""

    address: str  # IP address
    secure: bool  # the browser uses HTTPS
    prefix: str = "/"  # of our paths at the proxy, with / at its end
    trusted_proxy: bool = False  # the request came through a trusted proxy
    untrusted_proxy: bool = False  # the request came through any other proxy
    forwarded: bool = False  # the request has a header of a proxy
    local: bool = False  # the connection is from this computer


def networks(proxies: Sequence[str]) -> tuple[Network, ...]:
    """Parse addresses and networks. Raises ValueError."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in proxies)


def client_of(peer: str, headers: Mapping[str, str], trusted: Sequence[Network], *, secure: bool) -> Client:
    """Return the client of a request. `peer`: IP address of the connection; `secure`: the connection is TLS."""
    forwarded = any(name in headers for name in PROXY_HEADERS)
    at = _address(peer)
    local = at is not None and at.is_loopback
    if not is_among(peer, trusted):
        return Client(peer, secure, untrusted_proxy=forwarded, forwarded=forwarded, local=local)
    hops = [each.strip() for each in headers.get("X-Forwarded-For", "").split(",") if each.strip()]
    address = next((hop for hop in reversed(hops) if not is_among(hop, trusted)), peer)
    return Client(
        address if _address(address) else peer,
        headers.get("X-Forwarded-Proto", "https" if secure else "http").split(",")[-1].strip().lower() == "https",
        _prefix(headers.get("X-Ingress-Path") or headers.get("X-Forwarded-Prefix") or "/"),
        trusted_proxy=True,
        forwarded=forwarded,
        local=local,
    )


def limit_key(address: str) -> str:
    """Return the key of a client for the login limit: its address, in one spelling."""
    parsed = _address(address)
    return address if parsed is None else str(parsed)


def network_of(address: str) -> str | None:
    """Return the /64 network of an IPv6 address; None for any other address. One client may have all of it."""
    parsed = _address(address)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if isinstance(parsed, ipaddress.IPv6Address) else None


def is_home_name(host: str) -> bool:
    """Return whether a host is an address, or a name that no public DNS server can point at this computer.

    With any other name the page of a stranger may have asked: its name may mean our address for a while.
    """
    name = host.lower().rstrip(".")
    return bool(name) and (_address(name) is not None or "." not in name or name.endswith(_HOME_ENDINGS))


def is_among(text: str, trusted: Sequence[Network]) -> bool:
    """Return whether an address, as text, belongs to one of these networks."""
    address = _address(text)
    return address is not None and any(address in network for network in trusted)


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
