"""Echo cancellation of the daemon: the reference of what plays, and the canceller where its library is there."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.capture.source import Source
from babycryd.core.echo_reference import SimulatedRoom
from babycryd.echo.canceller import EchoCanceller
from babycryd.echo.settings import EchoSettings
from babycryd.echo.speexdsp import SpeexError, SpeexFilter
from babycryd.soothe.echo_reference import PlaybackReference

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EchoCancellation:
    """Reference and canceller; both are None where nothing is to be cancelled."""

    reference: PlaybackReference | None = None
    canceller: EchoCanceller | None = None
    missing: str | None = None  # why there is no canceller, where there should be one

    def trouble(self) -> str | None:
        """Return why the own sound is not taken out, as last known, or None."""
        decoded = None if self.reference is None else self.reference.trouble
        return self.missing or decoded or (None if self.canceller is None else self.canceller.trouble)

    def guess(self, heard_at_s: float) -> None:
        """Guess the delay from the stream time at which the microphone heard the start of the last sound."""
        if self.canceller is not None and self.reference is not None and self.reference.last_start is not None:
            self.canceller.guess(round(heard_at_s * SAMPLE_RATE_HZ) - self.reference.last_start)


def echo_cancellation(settings: EchoSettings, source: Source, now_s: Callable[[], float]) -> EchoCancellation:
    """Return what the settings and the source's traits ask for. `now_s`: stream time now."""
    if not settings.enabled or not source.traits.hears_speaker:
        return EchoCancellation()
    try:
        adaptive = SpeexFilter()
    except SpeexError as error:
        log.warning("the own sound is not taken out of the microphone's: %s", error)
        return EchoCancellation(missing=str(error))
    reference = PlaybackReference(now_s)
    if isinstance(source, SimulatedRoom):
        source.hear(reference)
    return EchoCancellation(reference, EchoCanceller(reference, adaptive))
