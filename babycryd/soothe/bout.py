"""PURE. Bout of crying: the sounds that the ladder tried in it, the judge of the last one, and what is next."""

from collections.abc import Container, Iterator

from babycryd.core.events import ClockSet, CryStarted, Deaf, Event, LevelMeasured
from babycryd.core.soothing_events import Outcome, SoundJudged
from babycryd.soothe.sound_memory import JUDGED, SoundMemory, Try
from babycryd.soothe.step_judge import StepJudge
from babycryd.soothe.strategy import Tell


class Bout:
    """Bout: from a cry to the next two quiet minutes. What it learns goes into the memory."""

    def __init__(
        self, began_s: float, utc_s: float, episode: str, memory: SoundMemory, *, night: bool, silent: bool
    ) -> None:
        """`silent`: the baby is first given some seconds to settle alone."""
        self.began_s = began_s
        self.utc_s = utc_s  # the same by the wall clock
        self.order: tuple[str, ...] = ()  # sounds that may be tried, the first one first
        self.tried: list[str] = []  # sounds that began
        self.given_up = False  # no further sound plays
        self.needs_parents = False  # that was told
        self.episode = episode  # the last one that began in it
        self.judge: StepJudge | None = None  # of the last sound, until it is judged
        self.night = night
        self._memory = memory
        self._silent = silent
        self._sounds_episode = episode  # in which the last sound began

    def next_sound(self, most: int, there: Container[str]) -> str | None:
        """Return the sound of the next step; None after `most` of them. `there`: sounds that still exist.

        With fewer sounds than steps they take turns; a single one is tried once, see `step_s`.
        """
        usable = [each for each in self.order if each in there]
        if not usable or len(self.tried) >= (most if len(usable) > 1 else 1):
            return None
        fresh = [each for each in usable if each not in self.tried]
        return fresh[0] if fresh else usable[len(self.tried) % len(usable)]

    def step_s(self, step_s: float, most: int) -> float:
        """Return how much crying a step lasts; a single sound takes the time of all `most` steps."""
        return step_s if len(self.order) > 1 else step_s * most

    def begin_sound(self, sound: str, at_s: float, fade_in_s: float) -> None:
        """Begin to judge a sound that plays from now on."""
        if not self.tried and self._silent:
            self._remember(None, "same", at_s - self.began_s)
        self.tried.append(sound)
        self._sounds_episode = self.episode
        self.judge = StepJudge(at_s, fade_in_s)

    def note(self, event: Event, at_s: float, *, crying: bool) -> None:
        """Take an event that says something about the last sound, or about the time."""
        match event:
            case CryStarted(episode=episode):
                self.episode = episode
            case LevelMeasured(level_dbfs=level_dbfs) if self.judge is not None and crying:
                self.judge.hear(level_dbfs, at_s)
            case Deaf() if self.judge is not None:
                self.judge.spoilt = self.judge.spoilt or "unknown"
            case ClockSet(step_s=step_s):
                self.utc_s += step_s
            case _:
                pass

    def judged(self, outcome: Outcome, at_s: float, last_cry_s: float) -> Iterator[Tell]:
        """Yield the outcome of the last sound, unless it was judged before."""
        judge, self.judge = self.judge, None
        if judge is None:
            return
        final = judge.spoilt or outcome
        took_s = max(0.0, (last_cry_s if final == "calm" else at_s) - judge.since_s)
        self._remember(self.tried[-1], final, took_s)
        step = len(self.tried)
        yield Tell(at_s, SoundJudged(at_s, self._sounds_episode, step, self.tried[-1], final, took_s))

    def cried_on(self, at_s: float) -> Iterator[Tell]:
        """Yield the outcome of the last sound where the baby did not calm."""
        if self.judge is not None:
            yield from self.judged(self.judge.cried_on(), at_s, at_s)

    def end(self, at_s: float, last_cry_s: float) -> Iterator[Tell]:
        """Yield the outcome of the last sound after two quiet minutes."""
        if self.judge is not None:
            yield from self.judged(self.judge.quiet_followed(last_cry_s), at_s, last_cry_s)
        elif not self.tried and self._silent and not self.given_up:
            self._remember(None, "calm", last_cry_s - self.began_s)

    def _remember(self, sound: str | None, outcome: Outcome, took_s: float) -> None:
        if outcome in JUDGED:
            self._memory.add(Try(self.utc_s, self._sounds_episode, sound, self.night, outcome, took_s))
