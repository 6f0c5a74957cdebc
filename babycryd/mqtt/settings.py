"""Settings of MQTT, `mqtt:` in the YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babycryd.core.named import fault_of
from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker, and how to connect to it."""

    host: str = setting(
        "", "Name or address of the broker; empty: no MQTT at all.", names="host", example="homeassistant.local"
    )
    port: int = setting(1883, "The broker's port, usually 1883, or 8883 with TLS.", low=1, high=65_535)
    username: str = setting("", "User at the broker; empty: none.", names="thing", example="babycryd")
    password_file: Path | None = setting(
        None, "File whose first line is the password.", example="/etc/babycryd/mqtt-password"
    )
    tls: bool = setting(False, "Encrypt, and check the broker's certificate.")
    ca_file: Path | None = setting(
        None,
        "Certificate (PEM) of the authority that signed the broker's; empty: those the system trusts.",
        example="/etc/babycryd/ca.pem",
    )
    cert_file: Path | None = setting(
        None,
        "Our own certificate (PEM), for brokers that demand one of every client.",
        example="/etc/babycryd/client.pem",
    )
    key_file: Path | None = setting(
        None, "Private key of that certificate (PEM, not encrypted).", example="/etc/babycryd/client.key"
    )
    base: str = setting(
        "babycryd/{device_id}", "Every topic begins with this; {device_id} stands for device.id.", names="thing"
    )
    discovery: bool = setting(True, "Announce every entity to Home Assistant.")
    discovery_prefix: str = setting(
        "homeassistant", "Home Assistant expects announcements below this topic.", names="thing"
    )
    keepalive_s: int = setting(
        10, "After one and a half times this silence the broker publishes `offline`.", unit="s", low=5, high=3600
    )
    timeout_s: float = setting(5.0, "How long to wait for an answer of the broker.", unit="s", low=0.5, high=60.0)
    other_hosts: tuple[str, ...] = setting(
        (),
        "Further nodes of a clustered broker, with the same port: the next one is tried where one does not answer.",
        example=("broker-2.lan",),
    )

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if not _is_topic(self.base):
            yield "base", "must be a printable topic without + or #, for example babycryd/{device_id}"
        if not _is_topic(self.discovery_prefix):
            yield "discovery_prefix", "must be a printable topic without + or #, for example homeassistant"
        for key in ("ca_file", "cert_file", "key_file"):
            if getattr(self, key) and not self.tls:
                yield key, "has no effect without tls: true"
        if self.other_hosts and not self.host:
            yield "other_hosts", "needs a host as well"
        for host in self.other_hosts:
            if fault := fault_of(host, "host"):
                yield "other_hosts", fault
        if bool(self.cert_file) != bool(self.key_file):
            yield "cert_file", "and key_file go together; set both or neither"
        if self.password_file and not self.username:
            yield "password_file", "needs a username as well"


def _is_topic(text: str) -> bool:
    return bool(text.strip("/")) and text.isprintable() and not any(wildcard in text for wildcard in "+#")
