"""The daemon's second opinion: with a budget, and without it where it is off or cannot run."""

import logging

import pytest

from babycryd.daemon import model
from babycryd.daemon.model import second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import ModelError


def test_it_is_loaded_by_default() -> None:
    assert second_opinion(DetectionSettings()) is not None


def test_the_owner_can_switch_it_off() -> None:
    assert second_opinion(DetectionSettings(second_opinion=False)) is None


def test_a_missing_file_leaves_the_classifier_alone_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(*_: object) -> None:
        raise ModelError("second.tflite is gone; reinstall babycryd")

    monkeypatch.setattr(model, "shipped_second_opinion", missing)
    with caplog.at_level(logging.WARNING):
        assert second_opinion(DetectionSettings()) is None
    assert "second.tflite is gone" in caplog.text


def test_with_little_memory_the_classifier_decides_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(model, "available_mb", lambda: 20.0)
    with caplog.at_level(logging.WARNING):
        assert second_opinion(DetectionSettings()) is None
    assert "only 20 MB of memory are free" in caplog.text


def test_a_system_that_does_not_tell_its_memory_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "available_mb", lambda: None)
    assert second_opinion(DetectionSettings()) is not None
