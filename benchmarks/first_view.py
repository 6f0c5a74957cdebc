"""Time of the page's first view on Chromium's "slow 4G": until its state shows and its buttons can be pressed.

Then until the cards beside it are filled.

python -m benchmarks.first_view [VISITS]

The page is the real one, with an empty cache each time; the device behind it is made up. The profile is Lighthouse's
slow 4G: 150 ms of latency for each request, 1.6 Mbit/s down, 0.75 Mbit/s up.
"""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from babycryd.core.events import StateChanged
from tests.support.browser import Visit, chromium
from tests.support.served_page import served_page
from tests.support.serving import ServedDevice

SLOW_4G: Final = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
_WATCH: Final = """
addEventListener("DOMContentLoaded", () => {
  const watch = setInterval(() => {
    if (document.body.dataset.state === "listening") window.stateMs ??= performance.now();
    if (!document.getElementById("play").disabled && window.stateMs) window.usableMs ??= performance.now();
    if (window.usableMs && document.querySelector("#health li")) window.filledMs = performance.now();
    if (window.filledMs) document.documentElement.dataset.filled = "";
    if (window.filledMs) clearInterval(watch);
  }, 5);
});
"""


def measure(visit: Visit, url: str) -> tuple[float, float, float, int]:
    """Return the time until the state shows, it is usable, the cards are filled, in s, and the bytes until then."""
    session = visit.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", dict[str, Any](SLOW_4G))
    received: list[int] = []
    session.on("Network.loadingFinished", lambda told: received.append(int(told["encodedDataLength"])))
    visit.context.add_init_script(_WATCH)
    visit.open(url)
    visit.page.wait_for_selector("html[data-filled]")
    state_ms, usable_ms, filled_ms = visit.page.evaluate("[window.stateMs, window.usableMs, window.filledMs]")
    return state_ms / 1000, usable_ms / 1000, filled_ms / 1000, sum(received)


def main() -> None:
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found = []
    with tempfile.TemporaryDirectory() as name, chromium() as browser, served_page(Path(name), ServedDevice()) as page:
        page.tell(StateChanged(1.0, "listening", 1.0, None))
        for _ in range(visits):
            with Visit(browser) as visit:
                found.append(measure(visit, page.url))
                print("state {:.2f} s, usable {:.2f} s, filled {:.2f} s, {} bytes".format(*found[-1]), flush=True)
    medians_s = (statistics.median(each[part] for each in found) for part in range(3))
    print("median of {}: state {:.2f} s, usable {:.2f} s, filled {:.2f} s".format(visits, *medians_s))


if __name__ == "__main__":
    main()
