"""PURE. Protocol of the subscriptions to Web Push, which the page makes and the alerts use."""

from collections.abc import Mapping
from typing import Any, Protocol


class PushSubscriptions(Protocol):
    """Subscriptions of the owner's browsers."""

    async def key(self) -> str:
        """Return the application server's public key, base64url. Raises CommandError where there is none."""

    async def add(self, subscription: Mapping[str, Any]) -> None:
        """Store a subscription, the JSON of a browser's `PushSubscription`. Raises CommandError."""

    async def remove(self, endpoint: str) -> None:
        """Delete the subscription with this address, where there is one. Raises CommandError."""
