"""`babycryd replay --reference`: a cry under the own music is heard where the file with the music is beside it."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.e2e.test_commands import babycryd
from tests.support.echoes import heard_from, noise, speex_filter

BEGINS_S = 5


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The demo's night with noise of its own speaker in it, as loud as the cry, and that noise."""
    folder = tmp_path_factory.mktemp("reference")
    night = DemoNight(length_s=50.0).samples()
    played = np.zeros(len(night), np.float32)
    begins = BEGINS_S * SAMPLE_RATE_HZ
    played[begins:] = noise(np.random.default_rng(0), len(night) - begins, rms=0.04)
    heard = np.clip(night + heard_from(played, drift_ppm=40.0), -1, 1)
    soundfile.write(folder / "night.wav", heard, SAMPLE_RATE_HZ)
    soundfile.write(folder / "played.flac", played, SAMPLE_RATE_HZ)
    return folder / "night.wav", folder / "played.flac"


def begun_s(*arguments: str | Path) -> list[float]:
    told = babycryd("replay", "--jsonl", *arguments)
    assert told.returncode == 0, told.stderr
    events = [json.loads(line) for line in told.stdout.splitlines()]
    return [event["at_s"] for event in events if event["event"] == "cry_started"]


def test_the_cry_is_heard_with_the_reference_only(files: tuple[Path, Path]) -> None:
    speex_filter()
    night, played = files
    cry = next(scene for scene in DemoNight().scenes if scene.what == "cry")
    assert begun_s(night) == []
    (at_s,) = begun_s("--reference", played, night)
    assert cry.start_s < at_s < cry.start_s + 3


def test_a_reference_belongs_to_one_recording(files: tuple[Path, Path]) -> None:
    night, played = files
    told = babycryd("replay", "--reference", played, night, night)
    assert told.returncode == 2
    assert "give one FILE" in told.stderr


def test_a_reference_that_cannot_be_read_is_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    speex_filter()
    told = babycryd("replay", "--reference", tmp_path / "gone.wav", files[0])
    assert told.returncode == 1
    assert "gone.wav" in told.stderr
