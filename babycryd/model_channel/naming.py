"""PURE. Names of models for the owner."""

from typing import Final

from babycryd.model_channel.comparison import Side

NAMES: Final[dict[Side, str]] = {"candidate": "the new model", "reference": "the old model"}


def name_of(sha256: str | None) -> str:
    """Return the name of a model in words."""
    return "the shipped model" if sha256 is None else f"model {sha256[:12]}"
