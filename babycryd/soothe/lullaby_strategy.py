"""PURE. Lullaby strategy: plays one lullaby while the baby cries, and fades it out when the baby is calm.

Calm is counted from the last crying. While an episode runs, that is now. Once it has ended, that is its start plus
`settled_in_s`, because `CryEnded` itself comes only after some quiet. With a deaf microphone calm is counted from the
moment it went deaf.
"""

import math
from datetime import time

from babycryd.core.events import ControlsChanged, CryEnded, CryStarted, CryUpdated, Deaf, Event
from babycryd.core.soothing_events import LullabyFailed, StopReason
from babycryd.soothe.quiet_hours import parse_quiet_hours
from babycryd.soothe.retry import FIRST_RETRY_S, LONGEST_RETRY_S
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.sound_memory import SoundMemory
from babycryd.soothe.strategy import Action, FadeOut, Play, Track
from babycryd.soothe.wishes import SoundWishes


class LullabyStrategy:
    """`SoothingStrategy` that plays one lullaby while the baby cries, and fades it after `calm_s` of calm."""

    name = "lullaby"

    def __init__(
        self,
        settings: LullabySettings,
        tracks: tuple[Track, ...],
        soothing: SoothingSettings | None = None,
        seed: int | None = None,  # noqa: ARG002  # a `MakeStrategy`; nothing here is left to chance
    ) -> None:
        self.configure(settings, soothing)
        self.memory = SoundMemory()  # stays empty
        self._tracks = tracks  # at least one
        self.wishes = SoundWishes()
        self._next_track = 0  # number of the next lullaby's track, counted on
        self._crying = False
        self._cry_started_s = -math.inf
        self._last_cry_s = -math.inf
        self._playing_since_s: float | None = None
        self._free_from_s = -math.inf  # no lullaby before this time
        self._given_up = False  # a lullaby played for longest_s, and the baby still cries
        self._asked = False  # the lullaby was asked for: calm does not end it
        self._retry_s = FIRST_RETRY_S

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of the tracks."""
        return tuple(track.name for track in self._tracks)

    @property
    def idle(self) -> bool:
        """Whether no baby cries and no lullaby plays."""
        return not self._crying and self._playing_since_s is None

    def configure(self, settings: LullabySettings, soothing: SoothingSettings | None = None) -> None:  # noqa: ARG002
        """Use `settings` from the next call on; none of `soothing` concerns it."""
        self.settings = settings
        self._quiet = parse_quiet_hours(settings.quiet_hours)

    def use_tracks(self, tracks: tuple[Track, ...]) -> None:
        """Choose from these tracks, at least one, from the next lullaby on."""
        self._tracks = tracks

    def update(self, event: Event, at_s: float, local_time: time) -> list[Action]:
        """Take `event`, known since `at_s` (replay: `event.at_s`), and decide, as `tick` does."""
        match event:
            case CryStarted():
                self._cry_began(at_s)
            case CryUpdated(duration_s=duration_s) if not self._crying:
                self._cry_began(at_s - duration_s)  # it goes on after deafness
            case CryEnded(settled_in_s=settled_in_s):
                self._cry_over(self._cry_started_s + settled_in_s, at_s)
            case Deaf():
                self._cry_over(at_s, at_s)
            case ControlsChanged(snoozed_until_utc_s=until_utc_s) if until_utc_s is not None:
                return self.stop(at_s) if self._playing_since_s is not None and not self._asked else []
            case LullabyFailed() if self._playing_since_s is not None:
                self._failed(at_s)
            case _:
                pass
        return self.tick(at_s, local_time)

    def ask(self, at_s: float, track: str | None) -> list[Action]:
        """Play this track, or the playlist's next, by command. Raises KeyError where there is no such track."""
        chosen = None if track is None else self._number_of(track)
        if self._playing_since_s is not None and chosen is None:
            self._asked = True  # it goes on
            return []
        play = self._play(at_s, chosen)
        self._asked = True
        return [play]

    def stop(self, at_s: float) -> list[Action]:
        """Fade out by command, and play none until the baby has calmed and cries anew."""
        self._given_up = self._crying
        if self._playing_since_s is None:
            return []
        fade_out = self._fade_out(at_s, "asked")
        self._given_up = self._crying
        return [fade_out]

    def tick(self, at_s: float, local_time: time) -> list[Action]:
        """Decide at `at_s`, without an event."""
        if self._crying:
            self._last_cry_s = at_s
        if self._playing_since_s is None:
            return [self._play(at_s)] if self._may_play(at_s, local_time) else []
        reason = self._reason_to_stop(at_s, self._playing_since_s)
        return [self._fade_out(at_s, reason)] if reason else []

    def _cry_began(self, started_s: float) -> None:
        self._crying = True
        self._cry_started_s = started_s
        self._retry_s = FIRST_RETRY_S

    def _cry_over(self, last_cry_s: float, at_s: float) -> None:
        if self._crying:
            self._last_cry_s = last_cry_s
        self._crying = False
        if self._given_up:
            self._given_up = False
            self._free_from_s = at_s + self.settings.cooldown_s

    def _failed(self, at_s: float) -> None:
        self._playing_since_s = None
        self._asked = False
        self._free_from_s = at_s + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)

    def _may_play(self, at_s: float, local_time: time) -> bool:
        if not (self._crying and self.settings.enabled) or self._given_up or at_s < self._free_from_s:
            return False
        return self._quiet is None or not self._quiet.contains(local_time)

    def _reason_to_stop(self, at_s: float, since_s: float) -> StopReason | None:
        if not (self.settings.enabled or self._asked):
            return "asked"
        if not self._asked and at_s - self._last_cry_s >= self.settings.calm_s:
            return "calm"
        if at_s - since_s >= self.settings.longest_s:
            return "longest"
        return None

    def _number_of(self, track: str) -> int:
        numbers = {each.name: number for number, each in enumerate(self._tracks)}
        return numbers[track]

    def _play(self, at_s: float, chosen: int | None = None) -> Play:
        self._playing_since_s = at_s
        self._asked = False
        tracks = self._tracks
        if chosen is None:
            by_name = {track.name: track for track in tracks}
            tracks = tuple(by_name[each] for each in self.wishes.applied(by_name))
            first = 0 if self.settings.playlist == "first" or self.wishes.first in by_name else self._next_track
            chosen, self._next_track = first % len(tracks), self._next_track + 1
        tracks = tracks[chosen:] + tracks[:chosen]
        return Play(at_s, tracks, repeat_one=self.settings.playlist != "through")

    def _fade_out(self, at_s: float, reason: StopReason) -> FadeOut:
        self._playing_since_s = None
        self._asked = False
        self._free_from_s = at_s + self.settings.cooldown_s
        self._given_up = self._crying and reason == "longest"
        return FadeOut(at_s, reason)
