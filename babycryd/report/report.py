"""PURE. Morning report: a sentence and the pictures, as a page of one file and as one SVG."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from html import escape
from typing import Final

from babycryd.core.records import Episode, Span
from babycryd.i18n import count, say
from babycryd.i18n.lengths import length
from babycryd.report import svg
from babycryd.report.day import Day
from babycryd.report.episode_text import outcome
from babycryd.report.lines import EM, SMALL_EM, glued, wrapped
from babycryd.report.pictures import WIDTH, night_picture, week_picture
from babycryd.report.summary import NightFigures, counted, figures, local, long_date, sentence, short_length
from babycryd.report.trend import trend
from babycryd.report.week import Week, week_sentences

_PAGE_RULES: Final = """\
*{box-sizing:border-box}
body{margin:0 auto;max-width:46rem;padding:1.2rem 1rem 3rem;background:var(--pic-back);color:var(--pic-ink);
font:1rem/1.5 Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1rem;font-weight:400;color:var(--pic-faint);margin:0}
h2{font-size:1rem;font-weight:600;margin:2rem 0 .4rem}
.sentence{font-size:1.55rem;line-height:1.3;font-weight:600;margin:.3rem 0 1.2rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:.8rem;margin:0}
dt{color:var(--pic-faint);font-size:.85rem}
dd{margin:0;font-size:1.25rem;font-weight:600}
ol{list-style:none;margin:0;padding:0}
li{display:grid;grid-template-columns:4rem 1fr;gap:.1rem .8rem;padding:.5rem 0;border-top:1px solid var(--pic-line)}
li:target{background:var(--pic-listened)}
time{font-weight:600;font-variant-numeric:tabular-nums}
li span{color:var(--pic-faint);font-size:.9rem;grid-column:2}
footer,.trend{color:var(--pic-faint);font-size:.9rem}
footer{margin-top:2rem}
@media print{body{max-width:none}}
"""
_LONGEST_BAND_S: Final = 36 * 3600.0
_LINE_PX: Final = 22.0


@dataclass(frozen=True, slots=True)
class Night:
    """Contents of a report."""

    day: date
    span: Span  # the night so far
    end_utc_s: float  # end of the night
    week: Sequence[Day]  # seven days, the last one with this night
    before: Sequence[Day]  # the seven before them
    language: str
    zone: tzinfo | None = None
    heading: str = ""  # in place of the night's title

    @property
    def over(self) -> bool:
        return self.span.end_utc_s >= self.end_utc_s

    @property
    def text(self) -> str:
        """Summary of the night in one sentence."""
        return sentence(figures(self.span), self.language, over=self.over)

    @property
    def title(self) -> str:
        return self.heading or say(self.language, "night.title", date=long_date(self.day, self.language))

    @property
    def one_band(self) -> bool:
        """Whether the span fits into one picture."""
        return self.end_utc_s - self.span.start_utc_s <= _LONGEST_BAND_S

    @property
    def trend(self) -> str:
        return trend(self.before, self.week, self.language)


def page(night: Night) -> str:
    """Return an HTML page, dark or light as the reader prefers, without scripts and without other files."""
    language, week = night.language, Week(night.week, night.before, night.zone)
    about = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in _about(night))
    episodes = "".join(_item(each, night) for each in night.span.episodes)
    listed = f"<h2>{_say(language, 'report.episodes')}</h2><ol>{episodes}</ol>" if episodes else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="dark light">'
        f"<title>{escape(night.title)}</title><style>{svg.style()}{_PAGE_RULES}</style></head><body><main>"
        f'<h1>{escape(night.title)}</h1><p class="sentence">{escape(glued(night.text))}</p>'
        f"{next(_pictures(night)) if night.one_band else ''}"
        f"<h2>{_say(language, 'report.figures')}</h2><dl>{about}</dl>{listed}"
        f"<h2>{_say(language, 'report.week')}</h2>{week_picture(night.week, language, night.zone)}"
        f'<p class="trend">{escape(glued(" ".join(week_sentences(week, language))))}</p>'
        f"</main><footer>{_span(night)}. {_say(language, 'report.footer')}</footer></body></html>\n"
    )


def drawing(night: Night) -> str:
    """Return the report as one SVG, WIDTH wide, without the list of episodes."""
    parts = [svg.text(4, 20, night.title, "title")]
    y = 44.0
    for words in wrapped(night.text, 17 * EM, WIDTH - 8):
        parts.append(svg.text(4, y, words, "big"))
        y += _LINE_PX
    for picture in _pictures(night):
        parts.append(svg.placed(picture, y))
        y += svg.height_of(picture) + 14
    for words in wrapped(night.trend, 10 * EM, WIDTH - 8):
        parts.append(svg.text(4, y, words, "faint small"))
        y += 14
    back = svg.rect(0, 0, WIDTH, y + 4, "back")
    return svg.picture(WIDTH, y + 4, night.title, [back, *parts])


def _pictures(night: Night) -> Iterator[str]:
    if night.one_band:
        yield night_picture(night.span, night.end_utc_s, night.language, night.zone)
    yield _figures_picture(list(_about(night)))
    yield week_picture(night.week, night.language, night.zone)


def _figures_picture(about: Sequence[tuple[str, str]]) -> str:
    widths = [max(SMALL_EM * 10 * len(name), EM * 11 * len(value)) for name, value in about]
    gap = (WIDTH - 8 - sum(widths)) / (len(about) - 1)
    x, parts = 4.0, list[str]()
    for (name, value), width in zip(about, widths, strict=True):
        parts.append(svg.text(x, 16, value, "strong"))
        parts.append(svg.text(x, 30, name, "faint small"))
        x += width + gap
    return svg.picture(WIDTH, 38, "", parts)


def _about(night: Night) -> Iterator[tuple[str, str]]:
    about: NightFigures = figures(night.span)
    language = night.language
    calm = "–" if about.calmed_in_s is None else short_length(about.calmed_in_s, language)
    yield count(language, "figure.cries", about.cries), str(about.cries)
    yield say(language, "figure.crying"), short_length(about.crying_s, language)
    yield say(language, "figure.calm"), calm
    yield say(language, "figure.quiet"), short_length(about.longest_quiet_s, language)
    yield say(language, "figure.listened"), short_length(about.listened_s, language)


def _item(episode: Episode, night: Night) -> str:
    language = night.language
    long = say(language, "episode.length", length=length(episode.duration_s, language))
    rest = ", ".join(outcome(episode, language))
    said = f"<s>{escape(long)}</s>" if not counted([episode]) else escape(long)
    return (
        f'<li id="episode-{escape(episode.id)}"><time>{local(episode.started_utc_s, night.zone):%H:%M}</time>'
        f"<div>{said}</div><span>{escape(rest)}</span></li>"
    )


def _span(night: Night) -> str:
    start, end = (local(each, night.zone) for each in (night.span.start_utc_s, night.end_utc_s))
    return _say(night.language, "report.span", start=f"{start:%H:%M}", end=f"{end:%H:%M}")


def _say(language: str, key: str, **places: object) -> str:
    return escape(say(language, key, **places))
