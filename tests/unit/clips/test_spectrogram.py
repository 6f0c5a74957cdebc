"""What a clip looks like."""

import base64
import io
import re
import xml.etree.ElementTree as ET  # our own drawings
from pathlib import Path

import numpy as np
import pytest

from babycryd.clips.queries import ClipQueries
from babycryd.clips.spectrogram import COLUMNS, ROWS, column, columns, drawing, levels, png
from babycryd.clips.store import FOLDER
from babycryd.clips.writer import RATE_HZ, ClipWriter
from babycryd.core.records import Episode, RecordsError
from babycryd.system.worker_process import WorkerProcess

ID = "20261124T031502480Z"


def tone(hz: float, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32) / 2


@pytest.mark.parametrize("hz", [300.0, 1000.0, 3000.0, 7500.0])
def test_a_tone_is_bright_where_it_belongs(hz: float) -> None:
    drawn = column(tone(hz, 0.2))
    assert drawn.shape == (ROWS,)
    assert abs(int(drawn.argmax()) - hz / (RATE_HZ / 2) * ROWS) <= 1


def test_the_image_is_high_on_top_and_bright_where_it_is_loud() -> None:
    silence = np.zeros(3200, np.float32)
    image = levels(np.stack([column(silence), column(tone(1000, 0.2)), column(silence)]))
    assert image.shape == (ROWS, 3)
    assert image[:, 0].max() == 0
    assert image[:, 1].max() == 255
    assert abs(int(image[:, 1].argmax()) - (ROWS - 1 - 16)) <= 1


def test_even_a_very_short_or_silent_clip_has_a_picture() -> None:
    assert columns(0) == columns(100) == 1
    assert columns(10**9) == COLUMNS
    assert png(levels(np.stack([column(np.zeros(10, np.float32))]))).startswith(b"\x89PNG")
    assert ET.fromstring(drawing(b"", 0.0, 0.0, (), 1.0)) is not None  # noqa: S314  # our own


async def test_a_clip_and_its_scores(tmp_path: Path, pictures: WorkerProcess) -> None:
    writer = ClipWriter(tmp_path / FOLDER, ID, 10.0, 1)
    for _ in range(20):
        writer.write(tone(1000, 1.0))
    writer.finish()
    episode = Episode(ID, 0.0, 10.0, 0.9, scores=(0.0, 1.0, 0.5), score_step_s=2.0)
    picture = await ClipQueries(tmp_path, pictures).picture(ID, episode)
    root = ET.fromstring(picture)  # noqa: S314  # our own
    (line, _) = [each.attrib["points"] for each in root.iter("{http://www.w3.org/2000/svg}polyline")]
    xs, ys = zip(*(map(float, point.split(",")) for point in line.split()), strict=True)
    assert xs == (162.0, 198.0, 234.0)  # 9, 11 and 13 of 20 seconds
    assert ys == (144.0, 10.0, 77.0)
    found = re.search(r"base64,([^\"]+)", picture)
    assert found
    made = base64.b64decode(found[1])
    width, height = np.frombuffer(made[16:24], ">u4")
    assert (width, height) == (COLUMNS, ROWS)
    assert len(io.BytesIO(made).getvalue()) < 100_000
    assert "<polyline" not in await ClipQueries(tmp_path, pictures).picture(ID, None)


async def test_a_clip_that_cannot_be_read_says_so(tmp_path: Path, pictures: WorkerProcess) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / f"{ID}.flac").write_bytes(b"no FLAC")
    assert await ClipQueries(tmp_path).clips() == []
    with pytest.raises(RecordsError, match="cannot be read"):
        await ClipQueries(tmp_path, pictures).picture(ID, None)
    await ClipQueries(tmp_path).delete(ID)
