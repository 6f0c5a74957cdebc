"""Shadow: the pipeline of a model that hears without deciding, beside the one that decides, in a thread of its own."""

from dataclasses import replace
from typing import Final

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP_S
from babycryd.core.events import ControlsChanged, CryEnded, CryStarted
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.settings import DetectionSettings

SILENT_AFTER_S: Final = 600.0  # of sound: in quiet, too, a score is due every minute


class ShadowError(Exception):
    """The shadow's model does not work here; the text says why."""


class Shadow:
    """Shadow of one pipeline; for one thread at a time."""

    def __init__(self, pipeline: Pipeline, settings: DetectionSettings) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._snoozing = False
        self._heard_s = 0.0

    def follow(self, controls: ControlsChanged) -> None:
        """Take the threshold and the snooze that the home has set: both models must be asked the same."""
        if controls.threshold != self._settings.threshold:
            self._settings = replace(self._settings, threshold=controls.threshold)
            self._pipeline.apply(self._settings)
        if (snoozing := controls.snoozed_until_utc_s is not None) != self._snoozing:
            self._snoozing = snoozing
            self._pipeline.snooze(snoozing=snoozing)

    def hear(self, hops: list[Hop]) -> list[CryStarted | CryEnded]:
        """Return the begins and ends of its episodes in these hops. Raises ShadowError."""
        events = list[CryStarted | CryEnded]()
        try:
            for hop in hops:
                new = self._pipeline.push(hop.samples, hop.at_s - HOP_S, hop.utc_s - HOP_S)
                events += [each for each in new if isinstance(each, CryStarted | CryEnded)]
        except Exception as error:  # of the model's runtime: the model that decides must go on
            raise ShadowError(f"it fails: {type(error).__name__}: {error}") from error
        self._heard_s += HOP_S * len(hops)
        scored_s = self._pipeline.classified_s
        if hops and self._heard_s > SILENT_AFTER_S and (scored_s is None or hops[-1].at_s - scored_s > SILENT_AFTER_S):
            raise ShadowError("it gives no scores")
        return events
