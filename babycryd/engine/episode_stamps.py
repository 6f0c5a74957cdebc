"""PURE. Times of episodes whose sound was stamped before the wall clock was set."""

from dataclasses import replace

from babycryd.core.events import CryEnded, CryStarted, DetectEvent


class EpisodeStamps:
    """Corrects the wall-clock times of episodes after steps of the clock; the events pass in order."""

    def __init__(self) -> None:
        self._steps: list[tuple[float, float]] = []  # stream time up to which sound was stamped before, step in s
        self._started_utc_s: float | None = None  # of the running episode, by the clock as it is now

    def clock_set(self, step_s: float, stamped_s: float) -> None:
        """Note a step. `stamped_s`: stream time up to which the sound was stamped before it."""
        self._steps.append((stamped_s, step_s))
        if self._started_utc_s is not None:
            self._started_utc_s += step_s

    def corrected(self, event: DetectEvent) -> DetectEvent:
        """Return the event with its times by the clock as it is now."""
        match event:
            case CryStarted(at_s=at_s, utc_s=utc_s):
                self._steps = [each for each in self._steps if at_s <= each[0]]
                self._started_utc_s = utc_s + sum(step_s for _, step_s in self._steps)
                return replace(event, utc_s=self._started_utc_s)
            case CryEnded(started_utc_s=utc_s):
                started_utc_s, self._started_utc_s = self._started_utc_s, None
                return event if started_utc_s is None else replace(event, started_utc_s=started_utc_s)
            case _:
                return event
