"""PURE. Caps on the sound that may leave the house in a calendar month."""

from dataclasses import dataclass

from babycryd.offload.settings import OffloadSettings


@dataclass(frozen=True, slots=True)
class Usage:
    """Sound that has left the house this month."""

    n_bytes: int = 0
    requests: int = 0  # pieces


def cap_reached(settings: OffloadSettings, used: Usage, n_bytes: int) -> str | None:
    """Return which cap forbids one more piece of `n_bytes`, in words for the owner; None where none does."""
    if used.requests >= settings.monthly_requests:
        return f"this month's {settings.monthly_requests} requests are used up"
    if used.n_bytes + n_bytes > settings.monthly_mb * 1e6:
        return f"this month's {settings.monthly_mb:g} MB are used up"
    return None
