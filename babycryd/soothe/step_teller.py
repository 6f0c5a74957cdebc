"""PURE. Step teller: says at which step soothing is, once for each change."""

from collections.abc import Iterator
from dataclasses import dataclass

from babycryd.core.soothing_events import Phase, SoothingStep
from babycryd.soothe.bout import Bout
from babycryd.soothe.strategy import Tell

_Fields = tuple[Phase, str | None, int, str | None, float]  # phase, episode, step, sound, share of the owner's volume


@dataclass(frozen=True, slots=True)
class Playing:
    """Sound that plays."""

    since_s: float
    track: str
    share: float = 1.0  # of the owner's volume
    asked: bool = False  # by command: calm does not end it, and it is no step


class StepTeller:
    """Step teller of one strategy."""

    def __init__(self, strategy: str) -> None:
        self._strategy = strategy
        self._last: _Fields = ("idle", None, 0, None, 1.0)

    def changes(
        self, at_s: float, utc_s: float, bout: Bout | None, playing: Playing | None, *, settling: bool
    ) -> Iterator[Tell]:
        """Yield the step, where it is another one than was told last. `settling`: the baby may still settle alone."""
        if playing is not None and not playing.asked and bout is not None and bout.judge is None and not bout.given_up:
            return  # the player has not answered yet
        fields = _fields(bout, playing, settling=settling)
        if fields == self._last:
            return
        self._last = fields
        phase, episode, step, sound, share = fields
        level_percent = round(100 * share, 1)
        yield Tell(at_s, SoothingStep(at_s, utc_s, self._strategy, phase, episode, step, sound, level_percent))


def _fields(bout: Bout | None, playing: Playing | None, *, settling: bool) -> _Fields:
    if bout is None:
        return "idle", None, 0, None, 1.0
    episode, step = bout.episode, len(bout.tried)
    if bout.needs_parents:
        return "given_up", episode, step, None, 1.0
    if playing is not None and not playing.asked and bout.judge is not None:
        return "playing", episode, step, playing.track, playing.share
    return "settling" if settling else "waiting", episode, step, None, 1.0
