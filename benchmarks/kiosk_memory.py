"""Measures the memory of the wall display, `?kiosk`, over twelve simulated hours of a night.

python benchmarks/kiosk_memory.py [--hours 12]

The browser's clock runs ahead; a made-up stream brings what a night brings: a level and five scores in 1.2 s, a state
every ten seconds, two cries an hour. After each hour the garbage is collected and the memory is read.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.make_gallery import home  # noqa: E402  # the project is found above
from tests.support.browser import DESKTOP, Visit, chromium  # noqa: E402

STREAM = """
window.EventSource = class {
  constructor() { window.stream = this; this.heard = {}; }
  addEventListener(name, hear) { this.heard[name] = hear; }
  tell(name, fields) {
    const message = { data: JSON.stringify(fields) };
    name === "event" ? this.onmessage?.(message) : this.heard[name]?.(message);
  }
  close() {}
};
"""
BEGIN = "async () => { window.first = await (await fetch('api/state')).json(); stream.tell('state', first); }"
# One simulated minute: what the stream brings; the clock then runs on
MINUTE = """(minute) => {
  const at = 60 * minute;
  for (let s = 0; s < 60; s += 1.2) {
    const level = { level_dbfs: -50 + 9 * Math.sin(s), noise_floor_dbfs: -58 };
    stream.tell("event", { event: "level_measured", at_s: at + s, ...level });
    for (let n = 0; n < 5; n += 1) {
      stream.tell("event", { event: "score", at_s: at + s + n * 0.24, score: Math.random() / 3 });
    }
  }
  const cries = minute % 30 < 3;
  const state = cries ? "crying" : minute % 30 < 8 ? "soothing" : "listening";
  const track = state === "soothing" ? "rain" : null;
  for (let n = 0; n < 6; n += 1) {
    const nowS = Date.now() / 1000;
    const lullaby = { ...first.lullaby, track, since_utc_s: track && nowS - 30 };
    const alert = cries ? { state: "told", kind: "crying", since_utc_s: nowS } : first.alert;
    const times = { utc_s: nowS, at_s: at + 10 * n, since_utc_s: nowS - 60 };
    stream.tell("state", { ...first, ...times, state, lullaby, alert });
  }
}"""


def measured(devtools: CDPSession) -> tuple[float, int, int]:
    """Return heap in MB, DOM nodes and listeners, after two collections of garbage."""
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    counters = devtools.send("Memory.getDOMCounters")
    heap_mb = devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return heap_mb, int(counters["nodes"]), int(counters["jsEventListeners"])


def night(visit: Visit, url: str, hours: int) -> None:
    """Let the hours pass on the page, and print its memory before each and at the end."""
    visit.context.add_init_script(STREAM)
    visit.page.clock.install()
    page = visit.open(url)
    while not page.evaluate("Boolean(window.stream)"):
        page.clock.run_for(200)
    page.evaluate(BEGIN)
    devtools = visit.context.new_cdp_session(page)
    for hour in range(hours + 1):
        heap_mb, nodes, listeners = measured(devtools)
        print(f"hour {hour:2d}: heap {heap_mb:.2f} MB, {nodes} nodes, {listeners} listeners", flush=True)
        for minute in range(60 * hour, 60 * hour + 60 * (hour < hours)):
            page.evaluate(MINUTE, minute)
            page.clock.run_for(5_000)  # every timer
            page.clock.fast_forward(55_000)  # each timer once
    print("complaints:", visit.complaints)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=12)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, home(Path(name), "kiosk") as served, chromium() as browser:
        night(Visit(browser, DESKTOP), f"{served.url}?kiosk", chosen.hours)


if __name__ == "__main__":
    main()
