"""What the tests with a browser share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium


@pytest.fixture(scope="module")  # no longer: Playwright's loop and those of other tests do not go together
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
