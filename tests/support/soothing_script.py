"""A strategy, a player that obeys it at once, and a script of what happens, in seconds of its own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path

from babycryd.core.events import CryEnded, CryStarted, Event, LevelMeasured
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, NeedsYou, SootheEvent, SoundJudged
from babycryd.soothe.strategy import Action, FadeOut, Play, SoothingStrategy, Tell, Track

NOON, MIDNIGHT = time(12), time(0)
UTC_S = 1_790_000_000.0  # at second 0


def tracks(names: str) -> tuple[Track, ...]:
    return tuple(Track(name, Path(f"{name}.ogg")) for name in names)


def short(actions: Iterable[Action]) -> list[tuple[float, str]]:
    """Return when which track begins, and when and why it ends."""
    return [
        (each.at_s, each.track if isinstance(each, Play) else each.reason)
        for each in actions
        if isinstance(each, Play | FadeOut)
    ]


@dataclass
class Script:
    """Lives on in steps of a second; notes what the strategy did and told."""

    strategy: SoothingStrategy
    local: time = NOON
    at_s: float = 0.0
    broken: bool = False  # the speaker
    playing: str | None = None
    level_dbfs: float = -20.0
    done: list[tuple[float, str]] = field(default_factory=list)  # tracks that began, reasons that ended them
    told: list[SootheEvent] = field(default_factory=list)

    def send(self, *events: Event) -> "Script":
        for event in events:
            self.obey(self.strategy.update(event, self.at_s, self.local))
        return self

    def cry(self, episode: str = "e1") -> "Script":
        return self.send(CryStarted(self.at_s, UTC_S + self.at_s, episode, 0.9))

    def calm(self, after_s: float = 0.0, settled_in_s: float = 0.0) -> "Script":
        """The episode ends, as its last crying was `settled_in_s` after its start."""
        self.wait(after_s)
        return self.send(CryEnded(self.at_s, "e", UTC_S, settled_in_s + 10, 0.9, settled_in_s, "calm"))

    def wait(self, seconds: float) -> "Script":
        end_s = self.at_s + seconds
        while self.at_s < end_s:
            self.at_s = min(end_s, self.at_s + 1.0)
            self.send(LevelMeasured(self.at_s, self.level_dbfs, -60.0))
        return self

    def obey(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Play(track=track) if self.broken:
                    self.send(LullabyFailed(self.at_s, track, "no speaker"))
                case Play(track=track):
                    self.playing = track
                    self.done.append((self.at_s, track))
                    self.send(LullabyStarted(self.at_s, track))
                case FadeOut(reason=reason):
                    self.playing = None
                    self.done.append((self.at_s, reason))
                case Tell(event=event):
                    self.told.append(event)

    @property
    def judged(self) -> list[tuple[str, str]]:
        return [(each.sound, each.outcome) for each in self.told if isinstance(each, SoundJudged)]

    @property
    def needs_you(self) -> list[tuple[str, ...]]:
        return [each.sounds for each in self.told if isinstance(each, NeedsYou)]
