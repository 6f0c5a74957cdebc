"""Limits of the server that a busy machine does not reach; the tests of a limit set their own."""

import pytest

from babycryd.web import connection_limit
from babycryd.web.auth import middleware
from tests.support.patience import CLOCK_HANG_S


@pytest.fixture(autouse=True)
def patient_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limit, "HEADER_LIMIT_S", CLOCK_HANG_S)
    monkeypatch.setattr(middleware, "_REQUEST_LIMIT_S", CLOCK_HANG_S)
