"""A pipeline that stands still behind a microphone that delivers is told as deaf."""

import asyncio
import contextlib
import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from babycryd.audio.ring import RingBuffer
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus
from babycryd.core.events import Deaf, Hearing
from babycryd.core.liveness import JUDGED_LIMIT_S, Liveness
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import Scored
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier, shipped_classifier
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.monitoring import liveness_watchdog
from babycryd.monitoring.liveness_watchdog import LOOK_EVERY_S, LivenessWatchdog
from tests.support.fakes.quiet_room import QuietRoom
from tests.support.patience import HANG_S, patient, until

pytestmark = pytest.mark.real_time


class HoldableClassifier(TfliteClassifier):
    """The shipped one, until it is held up."""

    def __init__(self) -> None:
        self._real = shipped_classifier()
        self.reference = self._real.reference
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.answer: Callable[[Scored], Scored] = lambda scored: scored

    def reset(self) -> None:
        self._real.reset()

    def score(self, frames: NDArray[np.float32]) -> Scored:
        self.may_go_on.wait(HANG_S)
        return self.answer(self._real.score(frames))


async def test_a_classifier_that_hangs_is_told_within_five_seconds_and_forgiven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(liveness_watchdog, "START_GRACE_S", 2.0)
    bus, classifier = Bus(), HoldableClassifier()
    capture = CaptureSupervisor(CaptureSettings(), bus, QuietRoom())
    pipeline = Pipeline(DetectionSettings(), classifier)
    engine = DetectionEngine(capture, RingBuffer(1.0), pipeline, bus, lambda: None)
    words = bus.subscribe("test")

    async def says(kind: type[Deaf] | type[Hearing], within_s: float) -> Deaf | Hearing:
        async with patient(within_s):
            async for event in words:
                if isinstance(event, Deaf | Hearing):
                    assert isinstance(event, kind), event
                    return event
        raise AssertionError

    tasks = [asyncio.create_task(each) for each in (engine.run(), LivenessWatchdog(capture, engine, bus).run())]
    try:
        await says(Hearing, 10)
        await until(lambda: engine.liveness().listening)  # quiet though it is, a window is classified at once
        await asyncio.sleep(1)
        classifier.may_go_on.clear()
        engine.apply(DetectionSettings())
        engine._thread.submit(lambda: classifier.score(np.zeros((24, 64), np.float32)))  # hangs
        deaf = await says(Deaf, 5)
        assert isinstance(deaf, Deaf)
        assert "none has been judged for" in deaf.reason
        assert not engine.liveness().listening
        classifier.may_go_on.set()
        await says(Hearing, 10)
        assert engine.liveness().listening
    finally:
        classifier.may_go_on.set()
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        engine.close()


def test_while_all_is_well_it_looks_when_that_may_have_ended_else_twice_a_second() -> None:
    assert liveness_watchdog._pause_s(Liveness(None, 0.2, 60.0)) == pytest.approx(JUDGED_LIMIT_S - 0.2)
    assert liveness_watchdog._pause_s(Liveness(None, 1.9, 60.0)) == LOOK_EVERY_S
    assert liveness_watchdog._pause_s(Liveness("deaf", 0.2, 60.0)) == LOOK_EVERY_S
    assert liveness_watchdog._pause_s(Liveness("nothing has been judged yet", None, None)) == LOOK_EVERY_S
