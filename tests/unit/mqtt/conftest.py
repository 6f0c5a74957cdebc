"""A broker for every test, and the log."""

import logging
from collections.abc import Iterator

import pytest

from tests.support.broker import Broker


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "babycryd")
    return caplog
