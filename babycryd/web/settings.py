"""Settings of HTTP, `web:` in the YAML."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babycryd.core.named import shown
from babycryd.core.setting import setting


def is_loopback(host: str) -> bool:
    """Return whether an address or a host name means this computer itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Settings of the HTTP server: address, access and limits."""

    enabled: bool = setting(True, "Serve the live page and answer HTTP requests.")
    host: str = setting(
        "127.0.0.1",
        "Address to listen on; 0.0.0.0 is all of this computer's. Any but its own loopback needs a password first:"
        " `babycryd passwd`.",
        names="host",
    )
    port: int = setting(8474, "Port to listen on.", low=1, high=65_535)
    password_file: Path | None = setting(
        None,
        "File with the hash of the page's password, written by `babycryd passwd`; empty: web-password in state_dir.",
        example="/etc/babycryd/web-password",
    )
    cert_file: Path | None = setting(None, "Certificate (PEM) for HTTPS.", example="/etc/babycryd/web.pem")
    key_file: Path | None = setting(
        None, "Private key of that certificate (PEM, not encrypted).", example="/etc/babycryd/web.key"
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Addresses or networks of reverse proxies; only their X-Forwarded-... and X-Ingress-Path headers are believed.",
        example=("172.30.32.2",),
    )
    proxy_logs_in: bool = setting(
        False,
        "Those proxies ask for a password themselves, as Home Assistant's ingress does: admit their requests without"
        " one. They must send X-Forwarded-For or X-Ingress-Path.",
    )
    host_names: tuple[str, ...] = setting(
        (),
        "Public host names of the page, for a proxy on this computer that logs in: names of the home network and"
        " addresses need not be listed, and any other name is refused.",
        example=("baby.example.org",),
    )
    session_days: float = setting(30.0, "How long a login lasts.", unit="days", low=0.01, high=365.0)
    max_viewers: int = setting(100, "Largest number of live pages open at the same time.", low=1, high=1000)

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if not self.host.strip():
            yield "host", "must be an address, for example 127.0.0.1 or 0.0.0.0"
        if bool(self.cert_file) != bool(self.key_file):
            yield "cert_file", "and key_file go together; set both or neither"
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy, strict=False)
            except ValueError:
                yield "trusted_proxies", f"'{shown(proxy)}' is no address and no network such as 172.30.32.0/23"
        if self.proxy_logs_in and not self.trusted_proxies:
            yield "proxy_logs_in", "needs trusted_proxies: any other client could claim to be a proxy"

    @property
    def is_local(self) -> bool:
        """Whether only programs on this computer can connect."""
        return is_loopback(self.host)
