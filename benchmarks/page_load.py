"""Measures the first view of the live page on a slow network: bytes, and the time until it shows the live state.

python benchmarks/page_load.py [--latency-ms 150] [--times 5]

Chromium's throttle: 1.6 Mbit/s down, 750 kbit/s up, as "slow 4G" has them. Its latency is 150 ms in Lighthouse and
562.5 ms in Chromium's own menu, which adds it to every request. Needs Chromium; the device behind the page is made up.
"""

import argparse
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.make_gallery import home  # noqa: E402  # the project is found above
from tests.support.browser import PHONE, Visit, chromium  # noqa: E402

DOWN, UP = 1_600_000 / 8, 750_000 / 8  # bytes a second


def load(browser: Browser, url: str, latency_ms: float) -> tuple[float, dict[str, int]]:
    """Return the ms from the request until the state shows with live buttons, and the bytes received by kind."""
    received: dict[str, int] = {}
    with Visit(browser, PHONE, "dark", "en") as visit:
        devtools = visit.context.new_cdp_session(visit.page)
        devtools.send("Network.enable")
        limits = {"offline": False, "latency": latency_ms, "downloadThroughput": DOWN, "uploadThroughput": UP}
        devtools.send("Network.emulateNetworkConditions", limits)
        kinds: dict[str, str] = {}

        def came(event: dict[str, Any]) -> None:
            kind = kinds.get(event["requestId"], "other")
            received[kind] = received.get(kind, 0) + int(event["encodedDataLength"])

        devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
        devtools.on("Network.loadingFinished", came)
        visit.context.add_init_script(
            """addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
              if (document.getElementById("link").dataset.link === "live") window.live ??= performance.now();
            }).observe(document.documentElement, {attributes: true, subtree: true}));"""
        )
        visit.open(url)
        visit.page.wait_for_selector("#link[data-link=live]")
        live_ms = float(visit.page.evaluate("window.live"))
        visit.page.wait_for_timeout(6000)
    return live_ms, received


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency-ms", type=float, default=150.0)
    parser.add_argument("--times", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, home(Path(name), "now") as served, chromium() as browser:
        load(browser, served.url, 0.0)  # warms the server's cache
        runs = [load(browser, served.url, chosen.latency_ms) for _ in range(chosen.times)]
    times_ms = sorted(each for each, _ in runs)
    print(f"{date.today()}: live after {statistics.median(times_ms):.0f} ms (median of {len(runs)};", end=" ")  # noqa: DTZ011
    print(f"{times_ms[0]:.0f} to {times_ms[-1]:.0f}) with {chosen.latency_ms:g} ms of latency")
    print("bytes received, cards and pictures loaded later included:", runs[-1][1], sum(runs[-1][1].values()))


if __name__ == "__main__":
    main()
