"""Recordings whose header tells of less than the file holds: the file's size counts, and the difference is said."""

import io
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import soundfile

from babycryd.capture.recording import duration_s, read_recording
from babycryd.capture.recording_header import mended_header
from tests.support.patience import CLOCK_HANG_S

RATE_HZ: Final = 16_000
SOUND: Final = (0.3 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE_HZ) / RATE_HZ)).astype(np.float32)
Edit = Callable[[bytearray, int], None]  # makes a header tell of this many bytes of sound


def put(form: str, at: int, less: int = 0) -> Edit:
    def edit(content: bytearray, told: int) -> None:
        struct.pack_into(form, content, at, told - less if told else 0)

    return edit


def put_aiff(content: bytearray, told: int) -> None:
    struct.pack_into(">I", content, 4, told + 46 if told else 0)
    struct.pack_into(">I", content, content.index(b"COMM") + 10, told // 2)
    struct.pack_into(">I", content, content.index(b"SSND") + 4, told + 8 if told else 0)


def put_after(mark: bytes, form: str, skip: int, more: int = 0) -> Edit:
    def edit(content: bytearray, told: int) -> None:
        struct.pack_into(form, content, content.index(mark) + skip, told + more)

    return edit


LIES: Final[dict[str, tuple[str, str, Edit]]] = {
    "wav": ("WAV", "PCM_16", put_after(b"data", "<I", 4)),
    "wavex": ("WAVEX", "PCM_16", put_after(b"data", "<I", 4)),
    "rf64": ("RF64", "PCM_16", put_after(b"ds64", "<Q", 16)),
    "w64": ("W64", "PCM_16", put_after(b"data\xf3\xac\xd3\x11", "<Q", 16, 24)),
    "caf": ("CAF", "PCM_16", put_after(b"data", ">Q", 4, 4)),
    "au": ("AU", "PCM_16", put(">I", 8)),
    "aiff": ("AIFF", "PCM_16", put_aiff),
}


def recording(kind: str) -> bytes:
    file, (container, subtype, _) = io.BytesIO(), LIES[kind]
    soundfile.write(file, SOUND, RATE_HZ, format=container, subtype=subtype)
    return file.getvalue()


def told(kind: str, share: float) -> bytes:
    """Return a recording whose header tells of this share of it."""
    content = bytearray(recording(kind))
    LIES[kind][2](content, int(share * 2 * len(SOUND)))
    return bytes(content)


def heard(path: Path) -> int:
    return sum(len(piece) for piece in read_recording(path))


@pytest.mark.parametrize("kind", LIES)
def test_a_header_that_was_never_finished_is_read_to_the_end(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "night"
    path.write_bytes(told(kind, 0))
    assert heard(path) == pytest.approx(len(SOUND), abs=8)
    assert duration_s(path) == pytest.approx(4.0, abs=0.001)
    assert "cut off after 4.0 s, or still being written" in caplog.text


@pytest.mark.parametrize("kind", LIES)
def test_a_header_that_tells_of_a_quarter_is_read_to_the_end_and_said(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "night"
    path.write_bytes(told(kind, 0.25))
    assert heard(path) == pytest.approx(len(SOUND), abs=8)
    assert "its header tells of 1.0 s; all 4.0 s of the file were read" in caplog.text


@pytest.mark.parametrize("kind", LIES)
def test_a_file_that_was_cut_off_is_read_to_its_end_and_said(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "night"
    path.write_bytes(recording(kind)[:-RATE_HZ])
    assert heard(path) == pytest.approx(3.5 * RATE_HZ, abs=1100)  # libsndfile's own CAF header ends in a filler of 4 kB
    assert "s, or still being written" in caplog.text


@pytest.mark.parametrize(("kind", "told_bytes"), [("caf", -1), ("w64", (1 << 63) - 1), ("au", -1), ("wav", -1)])
def test_a_stream_of_unknown_length_is_nothing_special(
    kind: str, told_bytes: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = bytearray(recording(kind))
    mark, skip, form = {
        "caf": (b"data", 4, ">q"),
        "w64": (b"data\xf3\xac\xd3\x11", 16, "<q"),
        "au": (b".snd", 8, ">i"),
        "wav": (b"data", 4, "<i"),
    }[kind]
    struct.pack_into(form, content, content.index(mark) + skip, told_bytes)
    path = tmp_path / "night"
    path.write_bytes(content)
    assert heard(path) == pytest.approx(len(SOUND), abs=8)
    assert caplog.text == ""


@pytest.mark.parametrize("kind", LIES)
def test_a_right_header_is_nothing_special(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "night"
    path.write_bytes(recording(kind))
    assert heard(path) == len(SOUND)
    assert caplog.text == ""


@pytest.mark.parametrize(
    "tail",
    [
        b"LIST" + struct.pack("<I", 40_000) + b"INFO" + bytes(39_996),
        b"ID3\x04\0\0" + bytes(50_000),
        b"id3 " + struct.pack("<I", 20_000) + bytes(20_000) + b"cue " + struct.pack("<I", 4) + bytes(4),
    ],
    ids=["a picture", "a tag", "two chunks"],
)
def test_what_follows_the_sound_is_not_taken_for_sound(
    tail: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "night.wav"
    path.write_bytes(recording("wav") + tail)
    assert heard(path) == len(SOUND)
    assert caplog.text == ""


def test_a_wav_beyond_4_gib_is_read_as_a_whole(tmp_path: Path) -> None:
    path, data_bytes = tmp_path / "night.wav", 5 << 30
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 1 << 30, b"WAVE", b"fmt ", 16, 1, 8, 48_000, 768_000, 16, 16)
    with path.open("wb") as file:
        file.write(head + b"data" + struct.pack("<I", data_bytes % (1 << 32)))
        file.truncate(file.tell() + data_bytes)  # a hole: it takes no disk
    assert duration_s(path) == data_bytes / 768_000


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\0\0\0\0\x01\x02" + bytes(130)], ids=["no tag", "a tag before it"])
@pytest.mark.parametrize(("frames", "said"), [(0, ""), (16_000, "its header tells of 1.0 s; all 4.0 s")])
def test_a_flac_of_unknown_or_wrong_length_is_read_to_the_end(
    frames: int, said: str, tag: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "night.flac"
    soundfile.write(path, SOUND, RATE_HZ)
    content = bytearray(path.read_bytes())
    (fields,) = struct.unpack_from(">Q", content, 18)
    struct.pack_into(">Q", content, 18, fields >> 36 << 36 | frames)
    path.write_bytes(tag + content)
    assert heard(path) == len(SOUND)
    assert duration_s(path) == (frames / RATE_HZ or None)
    assert said in caplog.text
    assert bool(caplog.text) == bool(said)


def test_a_name_in_no_encoding_is_opened_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "sch\udcf6n.wav"
    path.write_bytes(recording("wav"))
    assert heard(path) == len(SOUND)
    path.write_bytes(b"dear diary")
    with pytest.raises(Exception, match=r"n\.wav: not audio") as caught:
        heard(path)
    assert "sch\N{REPLACEMENT CHARACTER}n.wav" in str(caught.value)


def test_no_damaged_header_raises_or_grows(tmp_path: Path) -> None:
    dice = np.random.default_rng(18)
    for kind in LIES:
        for _ in range(200):
            content = bytearray(recording(kind)[:4000])
            for at in dice.integers(0, 128, dice.integers(1, 8)):
                content[at] = dice.choice([0, 255, 127, int(dice.integers(256))])
            del content[int(dice.integers(1, 4000)) :]
            header = mended_header(io.BytesIO(content), len(content))
            assert header is None or len(header.content) <= len(content) + 64


def test_replay_of_a_name_in_no_encoding_writes_text(tmp_path: Path) -> None:
    path = tmp_path / "sch\udcf6n.wav"
    path.write_bytes(recording("wav"))
    command = [sys.executable, "-m", "babycryd", "replay", str(path)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=CLOCK_HANG_S)
    assert done.returncode == 0, done.stderr
    assert "sch\N{REPLACEMENT CHARACTER}n.wav: 0 episodes" in done.stdout.decode()
