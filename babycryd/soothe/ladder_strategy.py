"""PURE. Ladder strategy: another sound, not a louder one, until the baby is calm; then it stops, or it gives up.

A sound plays until the baby has been calm for `lullaby.calm_s`, or has cried for `soothing.step_s`; then the next one
follows. After `soothing.sounds` sounds the ladder gives up and says that the baby needs the parents. It plays nothing
more until two quiet minutes have ended the bout. A command of a parent ends the ladder of this bout, too.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from typing import Final

from babycryd.core.events import ControlsChanged, CryStarted, Event
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, NeedsYou, StopReason
from babycryd.soothe.bout import Bout
from babycryd.soothe.cry_watch import CryWatch
from babycryd.soothe.quiet_hours import QuietHours, parse_quiet_hours
from babycryd.soothe.retry import FIRST_RETRY_S, LONGEST_RETRY_S
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.sound_memory import SoundMemory
from babycryd.soothe.step_judge import QUIET_S
from babycryd.soothe.step_teller import Playing, StepTeller
from babycryd.soothe.strategy import Action, FadeOut, Play, Tell, Track
from babycryd.soothe.wishes import SoundWishes

NIGHT: Final = QuietHours(time(19), time(7))  # local time; what calms at night need not calm by day
CHANGE_FADE_S: Final = 2.0  # one sound fades out before the next one fades in
_LULL_S: Final = 4.0  # without crying at the end of a step: the baby may be about to calm


class LadderStrategy:
    """`SoothingStrategy` that tries up to three sounds in a bout of crying, and gives up after them."""

    name = "ladder"

    def __init__(
        self,
        settings: LullabySettings,
        tracks: tuple[Track, ...],
        soothing: SoothingSettings | None = None,
        seed: int | None = None,  # noqa: ARG002  # a `MakeStrategy`; nothing here is left to chance
    ) -> None:
        self._soothing = soothing or SoothingSettings()
        self.configure(settings)
        self.memory = SoundMemory()
        self.use_tracks(tracks)
        self._turn = 0  # of the first sound of the next bout
        self._watch = CryWatch()
        self._bout: Bout | None = None
        self._playing: Playing | None = None
        self._free_from_s = float("-inf")  # no sound begins before this time
        self._retry_s = FIRST_RETRY_S
        self._teller = StepTeller(self.name)
        self.wishes = SoundWishes()

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of the tracks."""
        return tuple(self._tracks)

    @property
    def idle(self) -> bool:
        """Whether there is no bout of crying, and no sound plays."""
        return self._bout is None and self._playing is None and not self._watch.crying

    def configure(self, settings: LullabySettings, soothing: SoothingSettings | None = None) -> None:
        """Use the settings from the next call on; None keeps those of `soothing`."""
        self.settings = settings
        self._soothing = soothing or self._soothing
        self._quiet = parse_quiet_hours(settings.quiet_hours)

    def use_tracks(self, tracks: tuple[Track, ...]) -> None:
        """Choose from these tracks, at least one, from the next sound on."""
        self._tracks = {each.name: each for each in tracks}

    def order(self, utc_s: float, *, night: bool) -> tuple[str, ...]:  # noqa: ARG002  # for strategies that learn
        """Return the sounds in the order in which a bout tries them."""
        first = 0 if self.settings.playlist == "first" else self._turn % len(self._tracks)
        self._turn += 1
        return self.tracks[first:] + self.tracks[:first]

    def update(self, event: Event, at_s: float, local_time: time) -> list[Action]:
        """Take `event`, known since `at_s`, and decide, as `tick` does."""
        self._watch.note(event, at_s)
        noted = list(self._note(event, at_s))
        return [*noted, *self.tick(at_s, local_time)]

    def tick(self, at_s: float, local_time: time) -> list[Action]:
        """Decide at `at_s`, without an event."""
        bout = self._bout
        if bout is not None and bout.judge is not None and self._playing is not None:
            bout.judge.pass_time(at_s, crying=self._watch.crying)
        return [*self._decide(at_s, local_time), *self._tell_step(at_s)]

    def ask(self, at_s: float, track: str | None) -> list[Action]:
        """Play this track, or the next one where it is None, by command. Raises KeyError where there is no such one."""
        name = self._tracks[track].name if track is not None else None
        judged = list(self._parent_came(at_s))
        if self._playing is not None and name is None:
            self._playing = replace(self._playing, asked=True)  # it goes on
            return [*judged]
        first = name or self.wishes.applied(self.order(self._watch.utc_s(at_s), night=False))[0]
        self._playing = Playing(at_s, first, asked=True)
        repeat_one = self.settings.playlist != "through"
        return [*judged, Play(at_s, self._from(first, self.tracks), repeat_one)]

    def stop(self, at_s: float) -> list[Action]:
        """Fade out by command, and play none until the baby has calmed and cries anew."""
        judged = list(self._parent_came(at_s))
        if self._bout is not None:
            self._bout.given_up = self._bout.given_up or self._watch.crying
        return judged if self._playing is None else [*judged, self._fade(at_s, "asked")]

    def _note(self, event: Event, at_s: float) -> Iterator[Action]:
        match event:
            case CryStarted():
                self._retry_s = FIRST_RETRY_S
            case ControlsChanged(snoozed_until_utc_s=until_utc_s) if until_utc_s is not None:
                if self._playing is None or not self._playing.asked:
                    yield from self.stop(at_s)
            case LullabyStarted(track=track) if self._playing is not None:
                yield from self._began(self._playing, track, at_s)
            case LullabyFailed() if self._playing is not None:
                yield from self._failed(at_s)
            case _:
                pass
        if self._bout is not None:
            self._bout.note(event, at_s, crying=self._watch.crying)

    def _began(self, playing: Playing, track: str, at_s: float) -> Iterator[Action]:
        """Begin to judge a sound that plays as a step."""
        if self._bout is None or playing.asked:
            return
        yield from self._bout.judged("unknown", at_s, at_s)  # the player has gone on to another track by itself
        self._playing = replace(playing, track=track)
        self._bout.begin_sound(track, at_s, self.settings.fade_in_s)

    def _failed(self, at_s: float) -> Iterator[Action]:
        self._playing = None
        self._free_from_s = at_s + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)
        if self._bout is not None:
            yield from self._bout.judged("unknown", at_s, at_s)

    def _parent_came(self, at_s: float) -> Iterator[Action]:
        if self._bout is not None:
            self._bout.needs_parents = False
            yield from self._bout.judged("parent", at_s, at_s)

    def _decide(self, at_s: float, local_time: time) -> Iterator[Action]:
        watch = self._watch
        if watch.crying and self._bout is None:
            self._bout = self._new_bout(at_s, local_time)
        bout = self._bout
        if self._playing is not None:
            yield from self._while_playing(self._playing, bout, at_s, local_time)
        elif bout is not None and watch.crying and not bout.given_up:
            yield from self._while_silent(bout, at_s, local_time)
        if bout is not None and watch.heard_quiet_s(at_s) >= QUIET_S:
            yield from bout.end(at_s, watch.last_cry_s(at_s))
            self._bout = None

    def _while_playing(self, playing: Playing, bout: Bout | None, at_s: float, local_time: time) -> Iterator[Action]:
        if at_s - playing.since_s >= self.settings.longest_s:
            yield from self._give_up(at_s, "longest")
        elif playing.asked:
            return
        elif not self.settings.enabled:
            yield from self.stop(at_s)
        elif self._watch.quiet_s(at_s) >= self.settings.calm_s:
            yield self._fade(at_s, "calm")
        elif bout is not None and self._is_step_over(bout, at_s):
            yield from bout.cried_on(at_s)
            if self._next(bout) is None or self._is_quiet(local_time):
                yield from self._give_up(at_s, "given_up")
            else:
                yield self._fade(at_s, "next")

    def _while_silent(self, bout: Bout, at_s: float, local_time: time) -> Iterator[Action]:
        yield from bout.cried_on(at_s)  # the baby cries again before the two quiet minutes are over
        if at_s < self._free_from_s or not self.settings.enabled:
            return
        sound, quiet = self._next(bout), self._is_quiet(local_time)
        if sound is None or (bout.tried and quiet):
            yield from self._give_up(at_s, "given_up")
        elif not quiet and (bout.tried or at_s - bout.began_s >= self._soothing.let_it_settle_s):
            share = 1.0 if bout.tried else 10 ** (-self._soothing.first_step_softer_db / 20)
            self._playing = Playing(at_s, sound, share)
            yield Play(at_s, self._from(sound, bout.order), repeat_one=True, share=share)

    def _is_step_over(self, bout: Bout, at_s: float) -> bool:
        if bout.judge is None or not self._watch.crying or self._watch.lull_s(at_s) >= _LULL_S:
            return False
        return bout.judge.cried_s >= bout.step_s(self._soothing.step_s, self._soothing.sounds)

    def _give_up(self, at_s: float, reason: StopReason) -> Iterator[Action]:
        """Play no further sound in this bout; the baby needs the parents where it cries and none of them acts."""
        tell = self._watch.crying and self._bout is not None and not (self._playing and self._playing.asked)
        if self._playing is not None:
            yield self._fade(at_s, reason)
        if self._bout is None:
            return
        yield from self._bout.cried_on(at_s) if self._watch.crying else ()
        self._bout.given_up = True
        if tell:
            self._bout.needs_parents = True
            yield Tell(at_s, NeedsYou(at_s, self._bout.episode, tuple(self._bout.tried)))

    def _fade(self, at_s: float, reason: StopReason) -> FadeOut:
        self._playing = None
        change = reason == "next"
        self._free_from_s = at_s + (CHANGE_FADE_S if change else self.settings.cooldown_s)
        return FadeOut(at_s, reason, CHANGE_FADE_S) if change else FadeOut(at_s, reason)

    def _new_bout(self, at_s: float, local_time: time) -> Bout:
        night = NIGHT.contains(local_time)
        silent, watch = self._soothing.let_it_settle_s > 0, self._watch
        bout = Bout(at_s, watch.utc_s(at_s), watch.episode, self.memory, night=night, silent=silent)
        barred = self.memory.barred(bout.utc_s)
        order = self.wishes.applied(self.order(bout.utc_s, night=night))
        bout.order = tuple(each for each in order if each not in barred)
        if self._playing is not None and not self._playing.asked:  # since the bout before
            bout.begin_sound(self._playing.track, at_s, 0.0)
        return bout

    def _next(self, bout: Bout) -> str | None:
        return bout.next_sound(self._soothing.sounds, self._tracks)

    def _from(self, first: str, order: tuple[str, ...]) -> tuple[Track, ...]:
        return tuple(self._tracks[each] for each in dict.fromkeys((first, *order)) if each in self._tracks)

    def _is_quiet(self, local_time: time) -> bool:
        return self._quiet is not None and self._quiet.contains(local_time)

    def _tell_step(self, at_s: float) -> Iterator[Action]:
        bout = self._bout
        untried = bout is not None and self._watch.crying and not (bout.tried or bout.given_up)
        settling = untried and self._soothing.let_it_settle_s > 0
        yield from self._teller.changes(at_s, self._watch.utc_s(at_s), bout, self._playing, settling=settling)
