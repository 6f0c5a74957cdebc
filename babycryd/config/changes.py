"""Changes between two configurations: those that a reload applies, and those that need a restart."""

from typing import TypeVar

from babycryd.config.declared import keys_of

SettingsT = TypeVar("SettingsT")


def changed(old: SettingsT, new: SettingsT) -> tuple[list[str], list[str]]:
    """Return the keys whose values differ: those that apply while running, and those that need a restart."""
    live: list[str] = []
    restart: list[str] = []
    for each in keys_of(type(old)):
        if _value(old, each.path) != _value(new, each.path):
            (live if each.about.live else restart).append(each.key)
    return live, restart


def _value(settings: object, path: tuple[str, ...]) -> object:
    for name in path:
        settings = getattr(settings, name)
    return settings
