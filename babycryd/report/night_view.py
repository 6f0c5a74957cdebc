"""PURE. Night view: one night as the page shows it, with the nights before it, ready to be sent as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, Final

from babycryd.core.records import Episode, Span
from babycryd.i18n import say
from babycryd.i18n.lengths import length
from babycryd.report.episode_text import outcome
from babycryd.report.pictures import night_picture
from babycryd.report.sounds import attempts, sound_clauses, sound_figures
from babycryd.report.summary import NightFigures, counted, figures, long_date, sentence
from babycryd.report.trend_picture import trend_picture
from babycryd.report.week_change import changes

NIGHTS: Final = 30  # of the trend, the shown one included
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class ShownNight:
    """Contents of the night view."""

    day: date  # of the morning
    span: Span  # evening to morning, up to now at the latest
    end_utc_s: float  # end of the night, perhaps in the future
    whole_day: Span  # noon to noon
    before: Sequence[tuple[date, NightFigures]]  # the nights before it, oldest first
    language: str
    zone: tzinfo | None = None

    @property
    def over(self) -> bool:
        return self.span.end_utc_s >= self.end_utc_s

    def as_json(self) -> dict[str, Any]:
        """Return what `GET /api/nights` answers."""
        language, about = self.language, figures(self.span)
        nights = [*self.before, (self.day, about)]
        return {
            "date": self.day.isoformat(),
            "title": say(language, "night.title", date=long_date(self.day, language)),
            "sentence": sentence(about, language, over=self.over),
            "over": self.over,
            "start_utc_s": self.span.start_utc_s,
            "end_utc_s": self.end_utc_s,
            "figures": changes(about, [each for _, each in self.before[-_WEEK:]], language, over=self.over),
            "episodes": [self._episode(each) for each in self.whole_day.episodes],
            "nights": [_row(day, each) for day, each in nights],
            "night_svg": night_picture(self.span, self.end_utc_s, language, self.zone),
            "trend_svg": trend_picture(nights, language),
        }

    def _episode(self, episode: Episode) -> dict[str, Any]:
        language = self.language
        end_utc_s = episode.started_utc_s + episode.duration_s
        return {
            "id": episode.id,
            "started_utc_s": episode.started_utc_s,
            "length": length(episode.duration_s, language),
            "told": list(_told(episode, language)),
            "confidence": round(episode.confidence, 4),
            "cry": episode.cry,
            "at_night": episode.started_utc_s < self.end_utc_s and end_utc_s >= self.span.start_utc_s,
        }


def _told(episode: Episode, language: str) -> Iterator[str]:
    """Yield how an episode ended, what played, and what calmed the baby in how much time."""
    tried = list(attempts(episode))
    marked = [say(language, key) for key in ("episode.mine", "episode.not_mine")]  # the page has buttons for it
    for each in outcome(episode, language):
        named = bool(tried) and each.startswith(say(language, "episode.music", track="").strip())
        if each not in marked and not named:  # the sounds that were judged are named below
            yield each
    yield from sound_clauses(sound_figures(counted([episode])), 1, language, length)
    if not tried and not episode.lullabies:
        yield say(language, "night.no_sound")


def _row(day: date, about: NightFigures) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "cries": about.cries,
        "crying_s": round(about.crying_s, 1),
        "longest_quiet_s": round(about.longest_quiet_s, 1),
        "calmed_in_s": None if about.calmed_in_s is None else round(about.calmed_in_s, 1),
        "listened_s": round(about.listened_s, 1),
    }
