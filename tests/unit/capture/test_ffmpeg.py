"""Recordings that only ffmpeg reads: decoded where it is installed, else told how to convert them."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import soundfile

from babycryd.capture import ffmpeg
from babycryd.capture.recording import duration_s, read_recording
from babycryd.capture.source import RecordingError
from tests.support.patience import CLOCK_HANG_S

RATE_HZ: Final = 16_000
SECONDS: Final = 4.0
KINDS: Final = {
    "m4a": ["-c:a", "aac"], "aac": ["-c:a", "aac"], "3gp": ["-c:a", "aac"], "webm": ["-c:a", "libopus"],
    "wma": ["-c:a", "wmav2"], "oga": ["-c:a", "flac"], "wv": ["-c:a", "wavpack"], "mka": ["-c:a", "libvorbis"],
}  # fmt: skip
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def convert(folder: Path, name: str, *options: str) -> Path:
    samples = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(SECONDS * RATE_HZ)) / RATE_HZ)
    soundfile.write(folder / "plain.wav", samples, RATE_HZ)
    command = ["ffmpeg", "-loglevel", "error", "-i", str(folder / "plain.wav"), *options, str(folder / name)]
    subprocess.run(command, check=True, timeout=CLOCK_HANG_S)
    return folder / name


def heard(path: Path) -> list[np.ndarray[tuple[int], np.dtype[np.float32]]]:
    return list(read_recording(path))


@needs_ffmpeg
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_decoded_whatever_its_ending(kind: str, tmp_path: Path) -> None:
    path = convert(tmp_path, f"night.{kind}", *KINDS[kind]).rename(tmp_path / "night.wav")
    samples = np.concatenate(heard(path))
    assert len(samples) / RATE_HZ == pytest.approx(SECONDS, abs=0.15)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.05)
    assert duration_s(path) is None


BEGINNINGS: Final = {
    "M4A, MP4 or 3GP": b"\0\0\0\x1cftypM4A ",
    "AAC": b"\xff\xf1\x60\x40",
    "WebM or Matroska": b"\x1aE\xdf\xa3",
    "AMR": b"#!AMR\n",
    "WMA": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    "Ogg FLAC": b"OggS\0\x02" + bytes(22) + b"\x7fFLAC",
}


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_without_ffmpeg_the_remedy_is_said(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "night.wav"
    path.write_bytes(BEGINNINGS[kind] + bytes(2000))
    for read in (heard, duration_s):
        with pytest.raises(RecordingError, match=f"{kind} is read through ffmpeg only: install .* or convert it"):
            read(path)


@needs_ffmpeg
@pytest.mark.parametrize("kind", sorted(BEGINNINGS.keys() - {"AMR"}))  # zeros are frames of AMR
def test_what_ffmpeg_cannot_read_is_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "night"
    path.write_bytes(BEGINNINGS[kind] + bytes(2000))
    with pytest.raises(RecordingError, match="ffmpeg finds no sound in it"):
        heard(path)


@needs_ffmpeg
@pytest.mark.parametrize("kind", ["mp3", "opus"])
def test_a_recording_put_behind_another_is_read_too(kind: str, tmp_path: Path) -> None:
    path = convert(tmp_path, f"night.{kind}", "-b:a", "256k")
    path.write_bytes(path.read_bytes() * 2)
    assert sum(map(len, heard(path))) / RATE_HZ == pytest.approx(2 * SECONDS, abs=0.2)


@needs_ffmpeg
def test_what_was_not_read_is_said_without_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = convert(tmp_path, "night.mp3", "-b:a", "256k")
    path.write_bytes(path.read_bytes() * 2)
    monkeypatch.setenv("PATH", str(tmp_path))
    pieces: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    with pytest.raises(RecordingError, match=r"only 4\.0 s were read: 50% of the file come behind them: install"):
        pieces.extend(read_recording(path))


@needs_ffmpeg
def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    convert(tmp_path, "secret.m4a", "-c:a", "aac")
    path = tmp_path / "night.m4a"
    path.write_text(f"ffconcat version 1.0\nfile {tmp_path}/secret.m4a\n")
    with pytest.raises(RecordingError, match="finds no sound"):
        list(ffmpeg.decoded(path, "night.m4a"))


@needs_ffmpeg
def test_the_channels_of_a_film_are_mixed_or_picked(tmp_path: Path) -> None:
    path = convert(tmp_path, "night.m4a", "-af", "pan=stereo|c0=c0|c1=0*c0", "-c:a", "aac")
    assert np.abs(np.concatenate(list(read_recording(path, 2)))).max() < 0.01
    assert np.abs(np.concatenate(list(read_recording(path, 1)))).max() > 0.2


@needs_ffmpeg
def test_a_reader_that_stops_early_leaves_no_process(tmp_path: Path) -> None:
    from tests.support.processes import children

    pieces, before = read_recording(convert(tmp_path, "night.m4a", "-c:a", "aac")), set(children())
    next(pieces)
    assert len(set(children()) - before) == 1
    del pieces
    assert set(children()) <= before
