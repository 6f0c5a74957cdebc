"""PURE. Spectrogram of a clip, with the scores of the classifier over it."""

import base64
import struct
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

COLUMNS: Final = 720  # at most
ROWS: Final = 128
_N_FFT: Final = 512
_FRAMES: Final = 6  # spectra of a column, evenly spaced
_RANGE_DB: Final = 70.0
_WIDTH, _HEIGHT, _BELOW = 360.0, 150.0, 18.0
# Dark blue over violet to the orange of crying, evenly brighter
_STOPS: Final = ((0x0B, 0x10, 0x1A), (0x2A, 0x22, 0x5A), (0x8A, 0x3A, 0x8A), (0xFF, 0x8A, 0x5C), (0xFF, 0xF2, 0xC8))
_DATA: Final = "data:image/png;base64,"
_INK, _FAINT, _BACK = "#ffffff", "#9aa6ba", "#0b101a"


def columns(length: int) -> int:
    """Return the number of columns for a clip of that many samples."""
    return max(1, min(COLUMNS, length // (_N_FFT // 2)))


def column(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one column (ROWS,): mean power in dB of a stretch of (n,) samples, low frequencies first."""
    padded = np.pad(samples, (0, max(0, _N_FFT - len(samples))))
    starts = np.linspace(0, len(padded) - _N_FFT, _FRAMES).astype(int)
    frames = np.stack([padded[at : at + _N_FFT] for at in starts]) * np.hanning(_N_FFT)
    power = (np.abs(np.fft.rfft(frames)) ** 2).mean(axis=0)[1:]  # 256 bins above 0 Hz
    decibels: NDArray[np.float32] = (10 * np.log10(power.reshape(ROWS, -1).mean(axis=1) + 1e-12)).astype(np.float32)
    return decibels


def levels(spectrogram: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a spectrogram (columns, ROWS) in dB as brightness 0..255, (ROWS, columns), high frequencies on top."""
    loudest = float(spectrogram.max(initial=-120.0))
    share = np.clip((spectrogram - loudest + _RANGE_DB) / _RANGE_DB, 0, 1)
    return np.ascontiguousarray((share.T[::-1] * 255).astype(np.uint8))


def png(image: NDArray[np.uint8]) -> bytes:
    """Return an image (rows, columns) of 0..255 as a PNG in the pages' colours."""
    rows, width = image.shape
    raw = b"".join(b"\0" + row.tobytes() for row in image)
    header = struct.pack(">IIBBBBB", width, rows, 8, 3, 0, 0, 0)
    parts = [(b"IHDR", header), (b"PLTE", _palette()), (b"IDAT", zlib.compress(raw, 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def drawing(
    image: bytes, length_s: float, lead_in_s: float, scores: Sequence[float], step_s: float, *, before_s: float = 2.0
) -> str:
    """Return the spectrogram as SVG, with a line at the episode's start, and the scores from `before_s` earlier on."""
    x_of_s = _WIDTH / max(length_s, 1e-3)
    picture = base64.b64encode(image).decode()
    parts = [
        f'<rect width="{_WIDTH:g}" height="{_HEIGHT + _BELOW:g}" fill="{_BACK}"/>',
        f'<image width="{_WIDTH:g}" height="{_HEIGHT:g}" preserveAspectRatio="none" href="{_DATA}{picture}"/>',
        f'<path d="M{lead_in_s * x_of_s:.1f} 0V{_HEIGHT:g}" stroke="{_INK}" stroke-width="1" stroke-dasharray="3 3"/>',
        *_curve(scores, step_s, lead_in_s - before_s, x_of_s),
        *_seconds(length_s, x_of_s),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT + _BELOW:g}" width="{_WIDTH:g}" '
        f'height="{_HEIGHT + _BELOW:g}" role="img" aria-label="Spectrogram, 0 to 8 kHz">{"".join(parts)}</svg>'
    )


def _curve(scores: Sequence[float], step_s: float, begin_s: float, x_of_s: float) -> list[str]:
    """Return the curve of the scores: 0 at the bottom, 1 near the top."""
    if not scores:
        return []
    points = " ".join(
        f"{(begin_s + (number + 0.5) * step_s) * x_of_s:.1f},{_HEIGHT - 6 - score * (_HEIGHT - 16):.1f}"
        for number, score in enumerate(scores)
    )
    line = f'<polyline points="{points}" fill="none" stroke-linejoin="round" stroke='
    return [f'{line}"{_BACK}" stroke-width="4" stroke-opacity=".6"/>', f'{line}"{_INK}" stroke-width="1.6"/>']


def _seconds(length_s: float, x_of_s: float) -> list[str]:
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
    step = next((each for each in steps if each * x_of_s >= 34), steps[-1])
    texts = []
    for at_s in range(0, int(length_s) + 1, step):
        x = min(max(at_s * x_of_s, 12), _WIDTH - 12)
        words = f"{at_s // 60}:{at_s % 60:02d}"
        font = 'font-family="Inter,system-ui,sans-serif" font-size="10" text-anchor="middle"'
        texts.append(f'<text x="{x:.1f}" y="{_HEIGHT + 13:g}" {font} fill="{_FAINT}">{words}</text>')
    return texts


def _palette() -> bytes:
    stops = np.array(_STOPS, float)
    at = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=1).round().astype(np.uint8).tobytes()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
