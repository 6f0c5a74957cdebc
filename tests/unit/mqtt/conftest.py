"""A broker for every test, a publisher that a busy machine does not hurry, and the log."""

import logging
from collections.abc import Iterator
from typing import Final

import pytest

from babycryd.mqtt import delivery, publisher
from tests.support.broker import Broker
from tests.support.patience import HANG_S

_LIMITS: Final = ("_CLOSE_LIMIT_S", "_OFFLINE_LIMIT_S", "_STORE_LIMIT_S")
_SHIPPED: Final = {name: getattr(publisher, name) for name in _LIMITS}


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


@pytest.fixture(autouse=True)
def patient_publisher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time for the last words and for the echo, and no heartbeat between the messages that a test counts."""
    for name in _LIMITS:
        monkeypatch.setattr(publisher, name, HANG_S)
    monkeypatch.setattr(publisher, "HEARTBEAT_S", 3600.0)
    monkeypatch.setattr(delivery, "_ECHO_WITHIN_S", HANG_S)


@pytest.fixture
def shipped_limits(patient_publisher: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's own limits of an end, for the tests of them."""
    for name, limit_s in _SHIPPED.items():
        monkeypatch.setattr(publisher, name, limit_s)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "babycryd")
    return caplog
