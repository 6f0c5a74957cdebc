"""What the owner may choose about HTTP, as it stands under `web:` in the YAML."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from babycryd.settings import setting


def is_loopback(host: str) -> bool:
    """Whether only this computer itself can reach the address, or send to it under this name."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where to answer."""

    enabled: bool = setting(True, "Answer HTTP requests of this computer.")
    host: str = setting("127.0.0.1", "Address to listen on; so far only this computer's own one, as nobody logs in.")
    port: int = setting(8474, "Port to listen on.", low=1, high=65_535)

    def check(self) -> Iterator[tuple[str, str]]:
        """Key and complaint for each value that cannot work."""
        if not is_loopback(self.host):
            why = "would let everybody in, as there are no passwords yet; take 127.0.0.1 and reach it with"
            yield "host", f"{why} ssh -L {self.port}:127.0.0.1:{self.port}"
