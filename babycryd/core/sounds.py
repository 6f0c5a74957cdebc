"""PURE. Loudness at the cot and the owner's voice: what the page shows, and the protocols of the parts behind it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud lullabies are at the cot, as far as it was measured."""

    dba: float | None  # dB(A) at the present volume; None: not measured, or silent
    full_dba: float | None  # dB(A) at a volume of 100 %; None: not measured
    cap_dba: float  # never exceeded once it was measured
    full_percent: float  # what a volume of 100 % is: percent of the loudest that the speaker can give
    other_speaker: bool = False  # it was measured with another speaker, so it must be measured again
    uncapped_dba: float | None = None  # dB(A) at a volume of 100 % without the cap; None: not measured

    @property
    def text(self) -> str:
        """The loudness in words, for MQTT and the log."""
        if self.full_dba is not None:
            return f"about {self.dba:.0f} dB(A) at the cot" if self.dba is not None else "silent"
        why = "not measured with this speaker" if self.other_speaker else "not measured"
        return f"{why}; 100 % is {self.full_percent:.0f} % of the speaker's full scale (lullaby.max_volume)"


@dataclass(frozen=True, slots=True)
class Voice:
    """A recording of the owner that plays like the other sounds."""

    name: str  # of the track
    n_bytes: int


class LoudnessMeter(Protocol):
    """Guided measurement of the loudness at the cot. Every method may raise CommandError."""

    def loudness(self) -> Loudness:
        """Return the loudness now."""
        ...

    async def play(self) -> None:
        """Begin to play the test sound."""
        ...

    async def measured(self, dba: float) -> None:
        """Stop the test sound and keep what a meter at the cot showed while it played, in dB(A)."""
        ...


class Voices(Protocol):
    """The owner's recordings. Every method may raise CommandError."""

    async def voices(self) -> Sequence[Voice]:
        """Return every recording, by name."""
        ...

    async def add(self, name: str, wav: AsyncIterator[bytes]) -> Voice:
        """Store a WAV file as a sound of that name, if it can be played."""
        ...

    async def delete(self, name: str) -> None:
        """Delete a recording."""
        ...
