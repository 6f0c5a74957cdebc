"""Rasterizer: makes PNG pictures of the drawings.

It holds the interpreter's lock, so the daemon runs it in a process of its own.
"""

from pathlib import Path
from typing import Final

from babycryd.core.records import RecordsError
from babycryd.report.svg import DARK, LIGHT, fixed_style

_FONTS: Final = sorted(str(path) for path in (Path(__file__).parent / "fonts").glob("*.otf"))
ZOOM: Final = 3.0  # 1080 pixels wide, as a phone is


def png(drawing: str, zoom: float = ZOOM, *, dark: bool = False) -> bytes:
    """Return an SVG of `report/svg.py` as a PNG. Raises RecordsError."""
    try:
        import resvg_py
    except ImportError as missing:
        raise RecordsError(f"no PNG can be made ({missing}): pip install resvg-py") from missing
    colours = DARK if dark else LIGHT
    try:
        made = resvg_py.svg_to_bytes(
            svg_string=drawing,
            style_sheet=fixed_style(colours),
            background=colours["back"],
            zoom=zoom,
            skip_system_fonts=True,
            font_files=_FONTS,
            font_family="Inter",
            sans_serif_family="Inter",
        )
    except ValueError as error:
        raise RecordsError(f"the PNG cannot be drawn: {error}") from error
    return bytes(made)
