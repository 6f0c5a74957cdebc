"""Debian's Chromium, driven by Playwright, and a night to show it."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, expect, sync_playwright

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.demo_sound import demo_samples
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until

AXE = Path(".venv/axe/node_modules/axe-core/axe.min.js")
PHONE, DESKTOP = (390, 844), (1440, 900)
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=CLOCK_HANG_S * 1000)
QUIET = os.environ | {"SDL_AUDIODRIVER": "dummy"}  # a speaker that is there and makes no sound


@contextmanager
def chromium(home: Path | None = None, options: Sequence[str] = ()) -> Iterator[Browser]:
    """Skips where there is none. `home`: whose folder tells it which certificate authorities to trust besides."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: apt install chromium")
    env: dict[str, str | float | bool] = {**os.environ, **({"HOME": str(home)} if home else {})}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_OPTIONS, *options], env=env)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One open page, and what the browser complained of meanwhile."""

    def __init__(
        self,
        browser: Browser,
        size: tuple[int, int] = PHONE,
        scheme: str = "dark",
        language: str = "en-GB",
        **more: Any,
    ) -> None:
        width, height = size
        viewport = {"width": width, "height": height}
        options: dict[str, Any] = {"viewport": viewport, "color_scheme": scheme, "locale": language, **more}
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(CLOCK_HANG_S * 1000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        self.agrees = False  # to each dialog
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def open(self, url: str) -> Page:
        self.page.goto(url)
        return self.page

    def waits_for(self, state: str) -> None:
        """Until the page shows this state, as its `data-state` says."""
        self.page.wait_for_selector(f'body[data-state="{state}"]')

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _answer(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        if self.agrees:
            dialog.accept()
        else:
            dialog.dismiss()


def short_night(path: Path, *, before_s: float = 6.0, cries: bool = True, after_s: float = 30.0) -> None:
    """A recording: a quiet room, ten seconds of the demo's cry if wanted, the quiet room again."""
    night = DemoNight()
    samples = demo_samples()
    quiet = samples[: 8 * SAMPLE_RATE_HZ]
    cry = next(scene for scene in night.scenes if scene.what == "cry")
    start = int(cry.start_s * SAMPLE_RATE_HZ)
    sounds = [samples[start : start + 10 * SAMPLE_RATE_HZ]] if cries else []
    before, after = (np.resize(quiet, int(each * SAMPLE_RATE_HZ)) for each in (before_s, after_s))
    soundfile.write(path, np.concatenate([before, *sounds, after]), SAMPLE_RATE_HZ)


def until(page: Page, condition: str, then_show: str = "document.body.dataset.state", within_s: float = HANG_S) -> None:
    """Waits until a condition of the page holds; shows another expression's value where it never does.

    The page's Content-Security-Policy forbids Playwright's own `wait_for_function`, but at its first look.
    """
    wait_until(lambda: page.evaluate(condition), within_s, lambda: page.evaluate(then_show))


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA; skips where it is not installed."""
    if not AXE.exists():
        pytest.skip(f"no {AXE}: npm install --prefix .venv/axe axe-core (scripts/test does it where there is npm)")
    # Playwright evaluates outside of the page's Content-Security-Policy
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
    )
    return [
        f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
