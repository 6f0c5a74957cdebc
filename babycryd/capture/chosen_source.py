"""Choice of the source: the one that the settings name."""

from pkgutil import resolve_name

from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import SOURCES, ReadPassword, Source


def no_password() -> None:
    """Return the password of a source that has none."""


def source_of(settings: CaptureSettings, password: ReadPassword = no_password) -> Source:
    """Return the source that the settings name; `password` is read only by one that logs in."""
    kind = SOURCES[settings.chosen_source]
    make = resolve_name(kind.path)
    source: Source = make(settings, password) if kind.logs_in else make(settings)
    return source
