"""The shipped sounds do not sound like crying to our own detector, which hears them every night."""

import pytest

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.capture.recording import read_recording
from babycryd.core.events import CryStarted, DetectEvent, WindowScored
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import shipped_tracks

HIGHEST_SCORE = 0.3  # of one window; an episode needs several above `detection.threshold`


@pytest.mark.parametrize("track", shipped_tracks(), ids=lambda track: track.name)
def test_no_shipped_sound_is_taken_for_a_cry(track: Track) -> None:
    pipeline, start_s = Pipeline(DetectionSettings(), shipped_classifier()), 0.0
    events: list[DetectEvent] = []
    for piece in read_recording(track.path):
        events += pipeline.push(piece, start_s, start_s)
        start_s += len(piece) / SAMPLE_RATE_HZ
    scores = [event.score for event in (*events, *pipeline.flush()) if isinstance(event, WindowScored)]
    assert scores
    assert max(scores) < HIGHEST_SCORE
    assert not any(isinstance(event, CryStarted) for event in events)
