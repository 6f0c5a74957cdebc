"""PURE. SVG elements and the colours of every picture. No `style` attributes: the page's CSP allows none."""

from collections.abc import Iterable
from html import escape
from typing import Final

# Dark colours; AA contrast of every text on `--pic-back`
DARK: Final = {
    "back": "#10151f",
    "ink": "#e8ecf4",
    "faint": "#9aa6ba",
    "line": "#2b3547",
    "listened": "#1f3a4d",
    "cry": "#ff8a5c",
    "doubt": "#8a7468",
    "music": "#b79cff",
    "gap": "#7d8aa3",
    "deaf": "#f2c14e",
}
LIGHT: Final = {
    "back": "#ffffff",
    "ink": "#18202c",
    "faint": "#566176",
    "line": "#d5dbe6",
    "listened": "#d4e7f2",
    "cry": "#c9400f",
    "doubt": "#a5968d",
    "music": "#6d4bd0",
    "gap": "#6f7a8e",
    "deaf": "#a06a00",
}
_RULES: Final = """\
.pic{display:block;width:100%;height:auto}
.pic text{font-family:Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-size:11px;fill:V(ink)}
.pic .faint{fill:V(faint)}
.pic .small{font-size:10px}
.pic .strong{font-weight:600}
.pic .big{font-size:17px;font-weight:600}
.pic .said{font-size:13px}
.pic .title{font-size:12px;fill:V(faint)}
.pic .back{fill:V(back)}
.pic .line{stroke:V(line);stroke-width:1;fill:none}
.pic .listened{fill:V(listened)}
.pic .off{fill:V(back);stroke:V(gap);stroke-width:.7}
.pic .hatch-off{stroke:V(gap);stroke-width:1.2}
.pic .hatch-deaf{stroke:V(deaf);stroke-width:2}
.pic .dots{fill:V(gap)}
.pic .cry{fill:V(cry)}
.pic .doubt{fill:V(doubt)}
.pic .calm{fill:V(gap)}
.pic .music{fill:V(music)}
.pic .mean{stroke:V(ink);stroke-width:1.6;fill:none;stroke-linejoin:round}
.pic .night{cursor:pointer}
.pic .night:hover .cry{stroke:V(ink);stroke-width:1}
.pic .hit{fill:transparent;pointer-events:all}
.pic a{cursor:pointer}
.pic a:focus{outline:none}
.pic a:focus-visible .cry,.pic a:hover .cry{stroke:V(ink);stroke-width:2}
"""
# A page that shows a picture smaller than it is drawn names its box a container; the labels stay legible
_NARROW: Final = "@container (max-width:24rem){.pic text{font-size:13px}.pic .small{font-size:12px}}\n"


def style() -> str:
    """Return the CSS of a page: dark, or light where the reader prefers that; `html.light` and `html.dark` override."""
    rules = _RULES
    for name in DARK:
        rules = rules.replace(f"V({name})", f"var(--pic-{name})")
    dark, light = _variables(DARK), _variables(LIGHT)
    return (
        f":root,html.dark{{{dark}}}\n@media (prefers-color-scheme:light){{:root:not(.dark){{{light}}}}}\n"
        f"html.light:root{{{light}}}\n{rules}{_NARROW}"
    )


def fixed_style(colours: dict[str, str]) -> str:
    """Return the same CSS in one set of colours, for renderers without variables."""
    rules = _RULES
    for name, colour in colours.items():
        rules = rules.replace(f"V({name})", colour)
    return rules


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--pic-{name}:{colour}" for name, colour in colours.items())


def picture(width: float, height: float, label: str, parts: Iterable[str]) -> str:
    """Return a whole `<svg>`; `label` names it for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pic" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="group" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def placed(drawn: str, y: float) -> str:
    """Return a whole picture as a part of a larger one, `y` below its top."""
    return drawn.replace("<svg", f'<svg x="0" y="{_n(y)}"', 1)


def height_of(drawn: str) -> float:
    """Return the height of a whole picture."""
    return float(drawn.partition('height="')[2].partition('"')[0])


def rect(x: float, y: float, width: float, height: float, kind: str, *, fill: str = "", round_px: float = 0.0) -> str:
    """Return a rectangle; `fill` is the id of a pattern."""
    pattern = f' fill="url(#{fill})"' if fill else ""
    corners = f' rx="{_n(round_px)}"' if round_px else ""
    name = f' class="{kind}"' if kind else ""
    return (
        f'<rect{name} x="{_n(x)}" y="{_n(y)}" width="{_n(max(0.0, width))}" height="{_n(height)}"{corners}{pattern}/>'
    )


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    name = f' class="{kind}"' if kind else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text{name} x="{_n(x)}" y="{_n(y)}"{side}>{escape(words)}</text>'


def line(x: float, y: float, x2: float, y2: float) -> str:
    return f'<path class="line" d="M{_n(x)} {_n(y)}L{_n(x2)} {_n(y2)}"/>'


def title(words: str) -> str:
    """Return the tooltip of the element around it."""
    return f"<title>{escape(words)}</title>"


def patterns(prefix: str) -> str:
    """Return the patterns of the time without listening; `prefix` keeps ids of several pictures apart."""

    def hatch(name: str, step: int, turn: int) -> str:
        return (
            f'<pattern id="{prefix}-{name}" width="{step}" height="{step}" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate({turn})"><path class="hatch-{name}" d="M0 0V{step}"/></pattern>'
        )

    dots = (
        f'<pattern id="{prefix}-snoozed" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<circle class="dots" cx="2.5" cy="2.5" r="1.1"/></pattern>'
    )
    return f"<defs>{hatch('off', 6, 45)}{hatch('deaf', 6, -45)}{dots}</defs>"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
