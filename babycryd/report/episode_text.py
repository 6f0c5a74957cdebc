"""PURE. An episode in words: its time, length, end, lullabies and the owner's mark."""

from collections.abc import Iterator
from datetime import tzinfo

from babycryd.core.records import Episode, sounded
from babycryd.i18n import say, sound_name
from babycryd.i18n.lengths import length
from babycryd.report.summary import local


def describe(episode: Episode, language: str, zone: tzinfo | None) -> str:
    """Return an episode in words: `02:13, 14 minutes of crying, calm after 3 minutes, music: brahms`."""
    parts = [f"{local(episode.started_utc_s, zone):%H:%M}"]
    parts.append(say(language, "episode.length", length=length(episode.duration_s, language)))
    parts.extend(outcome(episode, language))
    return ", ".join(parts)


def outcome(episode: Episode, language: str) -> Iterator[str]:
    """Yield how an episode ended, its lullabies, and the owner's mark."""
    if episode.ended_utc_s is None:
        yield say(language, "episode.runs")
    elif episode.reason == "calm":
        yield say(language, "episode.settled", length=length(episode.settled_in_s or 0.0, language))
    elif episode.reason is not None:
        yield say(language, f"episode.{episode.reason}")
    tracks = dict.fromkeys(each.track for each in episode.lullabies if sounded(each))
    if tracks:
        yield say(language, "episode.music", track=", ".join(sound_name(language, each) for each in tracks))
    if episode.cry is not None:
        yield say(language, "episode.mine" if episode.cry else "episode.not_mine")
