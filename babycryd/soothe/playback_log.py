"""PURE. Protocol of a log of what the mixer plays."""

from typing import Protocol


class PlaybackLog(Protocol):
    """Log of what the mixer plays: told of each call right after the mixer has carried it out."""

    def start(self, *, file: str, repeat: bool, volume: float, fade_in_s: float) -> None:
        """Note that a file begins, instead of the one before; `volume`: 0..1."""

    def set_volume(self, *, volume: float) -> None:
        """Note another volume, 0..1, of what plays."""

    def fade_out(self, *, fade_s: float) -> None:
        """Note that what plays begins to fade."""

    def end(self) -> None:
        """Note that nothing plays any more."""


class NoPlaybackLog:
    """`PlaybackLog` that keeps nothing."""

    def start(self, *, file: str, repeat: bool, volume: float, fade_in_s: float) -> None: ...

    def set_volume(self, *, volume: float) -> None: ...

    def fade_out(self, *, fade_s: float) -> None: ...

    def end(self) -> None: ...
