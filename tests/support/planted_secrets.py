"""Secrets that tests plant, and that must come out nowhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """Secrets that the owner gives to the daemon alone."""

    broker_password: str = "correct horse"  # noqa: S105  # of every broker that lives for one test
    mqtt_password: str = "planted-7f3a-password"  # noqa: S105  # of machines that live for a minute
    key_id: str = "planted-91bc-key-id"
    private_key: str = "planted-c04d-private-key"
    web_password: str = "planted-2e6f-web"  # noqa: S105  # as above

    def key_json(self) -> str:
        """As a service account's key file."""
        return json.dumps(
            {
                "type": "service_account",
                "client_email": "nursery@test.iam.gserviceaccount.com",
                "private_key_id": self.key_id,
                "private_key": f"-----BEGIN PRIVATE KEY-----\n{self.private_key}\n-----END PRIVATE KEY-----\n",
                "token_uri": "https://oauth2.googleapis.com/token",
            }
        )


PLANTED = Planted()


def found_in(outputs: Mapping[str, str]) -> list[str]:
    """Where one of them stands: `journal: mqtt_password`."""
    secrets = {name: getattr(PLANTED, name) for name in Planted.__slots__}
    return [f"{where}: {name}" for where, text in outputs.items() for name, secret in secrets.items() if secret in text]
