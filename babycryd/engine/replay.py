"""Replay: the daemon's pipeline and soothing strategy over a recording, as fast as the CPU allows."""

from collections.abc import Iterable, Iterator
from datetime import time

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.capture.source import RecordingError
from babycryd.core.events import Event
from babycryd.core.soothing_events import LullabyStarted, LullabyStopped
from babycryd.detect.pipeline import Pipeline
from babycryd.soothe.strategy import Action, FadeOut, Play, SoothingStrategy, Tell

_NOON = time(12)  # a recording does not say at what time of day it was made


def replay(pieces: Iterable[NDArray[np.float32]], pipeline: Pipeline, strategy: SoothingStrategy) -> Iterator[Event]:
    """Yield every event of consecutive mono 16 kHz samples, in order. `pipeline` and `strategy` are fresh ones.

    Stream time and wall clock begin at 0. The strategy should have no quiet hours, as a
    recording has no time of day. A lullaby is taken to begin at once and not to be in the recording.
    Raises the RecordingError of `pieces`, after the events of all that could be read.
    """
    soothing = _Soothing(strategy)
    damage: RecordingError | None = None
    n_samples = 0
    try:
        for piece in pieces:
            start_s = n_samples / SAMPLE_RATE_HZ
            n_samples += len(piece)
            for event in pipeline.push(piece, start_s, start_s):
                yield from soothing.after(event)
    except RecordingError as error:
        damage = error
    for event in [*pipeline.flush(), *pipeline.finish("stopped")]:
        yield from soothing.after(event)
    if damage is not None:
        raise damage


class _Soothing:
    """Soothing controller of a replay: its player makes no sound and never fails."""

    def __init__(self, strategy: SoothingStrategy) -> None:
        self._strategy = strategy
        self._track = ""

    def after(self, event: Event) -> Iterator[Event]:
        """Yield the event, then the events of the strategy's actions."""
        yield event
        for action in self._strategy.update(event, event.at_s, _NOON):
            yield from self._event_of(action)

    def _event_of(self, action: Action) -> Iterator[Event]:
        match action:
            case Play(at_s=at_s, track=track):
                self._track = track
                yield from self.after(LullabyStarted(at_s, track))
            case FadeOut(at_s=at_s, reason=reason):
                yield LullabyStopped(at_s, self._track, reason)
            case Tell(event=event):
                yield event
