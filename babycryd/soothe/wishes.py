"""PURE. The owner's wishes about the sounds: which one plays first, and which play only when asked for."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SoundWishes:
    """The owner's wishes, which every strategy applies to the order of its sounds."""

    first: str | None = None
    muted: frozenset[str] = frozenset()

    def applied(self, order: Iterable[str]) -> tuple[str, ...]:
        """Return the sounds as wished; all of them where each one is muted, as a silent lullaby calms no baby."""
        names = tuple(order)
        heard = [each for each in names if each not in self.muted] or list(names)
        return tuple(sorted(heard, key=lambda each: each != self.first))
