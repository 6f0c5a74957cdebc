"""PURE. The sounds of a night: which calmed the baby and which did not, in figures and in words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from babycryd.core.records import Episode, sounded
from babycryd.i18n import count, say, sound_name

Length = Callable[[float, str], str]
_JUDGED: Final = ("calm", "same", "worse")  # the outcomes that tell of the sound
MOST_NAMED: Final = 3  # sounds that calmed, and as many that did not, in one sentence


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to calm the baby with a sound."""

    sound: str  # name of the track
    calmed: bool
    took_s: float | None = None  # from the start of the sound to the last crying, where it calmed


@dataclass(frozen=True, slots=True)
class SoundFigures:
    """What one sound did in a night."""

    sound: str  # name of the track
    calmed: int  # attempts after which the baby was calm
    in_s: float | None  # from the start of the sound to the last crying, on average; None: it calmed no crying


def attempts(episode: Episode) -> Iterator[Attempt]:
    """Yield the attempts of an episode, as soothing judged them.

    Where it did not, as with `soothing.strategy: lullaby`, the last sound before the calm calmed the baby, and those
    before it did not.
    """
    if episode.sounds:
        judged = (each for each in episode.sounds if each.outcome in _JUDGED)
        yield from (Attempt(each.sound, each.outcome == "calm", each.took_s) for each in judged)
        return
    played = [each for each in episode.lullabies if sounded(each)]
    for number, each in enumerate(played, start=1):
        if episode.reason == "calm" and number == len(played):
            calm_utc_s = episode.started_utc_s + (episode.settled_in_s or 0.0)
            yield Attempt(each.track, calmed=True, took_s=max(0.0, calm_utc_s - each.started_utc_s))
        elif each.stopped_utc_s is not None:
            yield Attempt(each.track, calmed=False)


def sound_figures(episodes: Iterable[Episode]) -> tuple[SoundFigures, ...]:
    """Return the figures of each sound that was tried: those that calmed most often first, then by name."""
    tried: dict[str, list[Attempt]] = {}
    for episode in episodes:
        for each in attempts(episode):
            tried.setdefault(each.sound, []).append(each)
    found = [_figures(sound, each) for sound, each in tried.items()]
    return tuple(sorted(found, key=lambda each: (-each.calmed, each.sound)))


def sound_clauses(sounds: Sequence[SoundFigures], cries: int, language: str, length: Length) -> Iterator[str]:
    """Yield what calmed and what did not: `rain calmed one of them, in 3 minutes`, `shushing did not help`.

    `cries`: number of cries in the night; `length`: words for a length of time in seconds.
    """
    calmed = [each for each in sounds if each.calmed]
    for each in calmed[:MOST_NAMED]:
        name, took = sound_name(language, each.sound), length(each.in_s or 0.0, language)
        if cries == 1:
            yield say(language, "report.calmed.it", sound=name, length=took)
        elif each.calmed == cries:
            yield say(language, "report.calmed.all", sound=name, length=took)
        else:
            yield count(language, "report.calmed", each.calmed, sound=name, length=took)
    others = [sound_name(language, each.sound) for each in sounds if not each.calmed][:MOST_NAMED]
    if others:
        yield count(language, "report.not_calmed", len(others), sounds=_listed(others, language))


def _listed(names: Sequence[str], language: str) -> str:
    """Return names as a list in words: `rain`, `rain and shushing`, `rain, shushing and the heartbeat`."""
    if len(names) == 1:
        return names[0]
    return say(language, "report.sounds.and", one=", ".join(names[:-1]), other=names[-1])


def _figures(sound: str, tried: Sequence[Attempt]) -> SoundFigures:
    calmed = [each for each in tried if each.calmed]
    in_s = sum(each.took_s or 0.0 for each in calmed) / len(calmed) if calmed else None
    return SoundFigures(sound, len(calmed), in_s)
