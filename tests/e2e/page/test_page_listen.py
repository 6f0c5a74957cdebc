"""Listening in on the live page, in a real browser: the sound plays, all pages show it, and it ends with the owner."""

import json
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from babycryd.core.events import HealthMeasured, Hearing
from babycryd.core.health_parts import StreamHealth
from babycryd.listen_in.settings import CONSENT
from tests.support.browser import Visit, until, violations
from tests.support.daemon import RunningDaemon, write_config
from tests.support.fast_daemon import seen
from tests.support.live_page import PageDaemon, page_daemon
from tests.support.ports import free_port
from tests.support.served_page import served_page
from tests.support.serving import ServedDevice
from tests.support.sound_card import RATE_HZ, SoundCard

LISTEN_IN = f"listen_in:\n  enabled: true\n  consent: {json.dumps(CONSENT)}\n"
STATE = "[document.getElementById('listen-audio').currentTime, document.getElementById('toast').textContent]"
PLAYED = "document.getElementById('listen-audio').currentTime > {}"
CARD = """
device: {{id: nursery}}
state_dir: {folder}/state
capture: {{device: mic}}
lullaby: {{enabled: false}}
self_test: {{every_h: 0}}
history: {{enabled: false}}
web: {{port: {port}}}
{listen_in}
"""
# Notes the moments at which the element's sound becomes loud, in seconds of the clock
ONSETS = """() => {
  const context = new AudioContext();
  const source = context.createMediaElementSource(document.getElementById("listen-audio"));
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  source.connect(analyser);
  source.connect(context.destination);
  const samples = new Float32Array(1024);
  let loud = false;
  window.onsets = [];
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const peak = Math.max(...samples.map(Math.abs));
    if (peak > 0.12 && !loud) window.onsets.push(Date.now() / 1000);
    loud = peak > (loud ? 0.03 : 0.12);
  }, 10);
}"""


def with_consent(served: PageDaemon) -> PageDaemon:
    served.config.write_text(served.config.read_text() + LISTEN_IN)
    return served


def test_the_room_is_heard_until_the_owner_stops(browser: Browser, tmp_path: Path) -> None:
    served = with_consent(page_daemon(tmp_path, cries=False))
    with served.daemon() as daemon, Visit(browser) as visit, Visit(browser) as other:
        visit.open(served.url)
        other.open(served.url)
        visit.waits_for("listening")
        page = visit.page
        expect(page.locator("#listen-count")).to_have_text("")
        page.locator("#listen-start").click()
        until(page, PLAYED.format(1.5), STATE)
        for each in (page, other.page):
            expect(each.locator("#listen-count")).to_have_text("1 device is listening in now.")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []
        source = page.evaluate("document.getElementById('listen-audio').src")
        page.locator("#listen-gate").check()  # it goes on with the gate
        until(page, f"document.getElementById('listen-audio').src !== '{source}' && {PLAYED.format(0.5)}", STATE)
        page.locator("#listen-stop").click()
        expect(other.page.locator("#listen-count")).to_have_text("")
        daemon.says("no longer listens in; listeners: 0")
        assert visit.complaints == other.complaints == []


@pytest.mark.slow
def test_a_stream_that_stands_still_is_loaded_again(browser: Browser, tmp_path: Path) -> None:
    served = with_consent(page_daemon(tmp_path, cries=False))
    with served.daemon() as daemon, Visit(browser) as visit:
        visit.open(served.url)
        visit.waits_for("listening")
        visit.page.locator("#listen-start").click()
        until(visit.page, PLAYED.format(1.5), STATE)
        daemon.process.send_signal(signal.SIGSTOP)
        until(visit.page, "document.getElementById('listen-audio').currentTime === 0", STATE)  # it has noticed
        daemon.process.send_signal(signal.SIGCONT)
        until(visit.page, PLAYED.format(1.5), STATE)
        expect(visit.page.locator("#listen-count")).to_have_text("1 device is listening in now.")


def test_the_health_of_a_stream_stands_below_the_microphone(browser: Browser, tmp_path: Path) -> None:
    stream = StreamHealth(drift_ppm=-120.0, lost_s=3.2, gaps=2, reopened=1)
    health = HealthMeasured(9.0, 1.7e9, 61.0, 8.0, 99.0, 0.0, 0, "local", 0, None, "cam", None, None, stream=stream)
    with served_page(tmp_path, ServedDevice()) as served, Visit(browser) as visit:
        visit.open(served.url)
        served.tell(Hearing(1.0, "rtsp://cam/…"))
        served.tell(health)
        said = visit.page.locator("#health li", has_text="Microphone").locator(".why")
        expect(said).to_have_text(
            "Opened again since the start: 1. Gaps: 2. Sound missing: 3 seconds."
            " The clock of the microphone runs 10 seconds a day slow."
        )
        assert visit.complaints == []


class Ear:
    """Notes the moments at which the room of a sound card becomes loud, in seconds of the clock."""

    def __init__(self, card: SoundCard) -> None:
        self.onsets: list[float] = []
        options = ["--device=room.monitor", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le", "--latency-msec=20"]
        self._recorder = subprocess.Popen(["parec", *options], env=card.env, stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        loud = False
        assert self._recorder.stdout is not None
        while piece := self._recorder.stdout.read(640):
            peak = np.abs(np.frombuffer(piece, "<i2").astype(int)).max()
            if peak > 4000 and not loud:
                self.onsets.append(time.time())
            loud = peak > (500 if loud else 4000)

    def end(self) -> None:
        self._recorder.kill()
        self._recorder.wait()
        self._thread.join()
        assert self._recorder.stdout is not None
        self._recorder.stdout.close()


@pytest.mark.slow
@pytest.mark.soundcard
@pytest.mark.parametrize("gated", [False, True])
def test_the_delay_from_the_room_to_the_browser(gated: bool, browser: Browser, tmp_path: Path) -> None:  # noqa: FBT001
    port = free_port()
    config = write_config(tmp_path, CARD.format(folder=tmp_path, port=port, listen_in=LISTEN_IN))
    tone = 0.3 * np.sin(2 * np.pi * 1000 / RATE_HZ * np.arange(0.3 * RATE_HZ))
    with SoundCard() as card, RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
        card.room_noise(2e-3)
        daemon.says("listening to")
        ear = Ear(card)
        with Visit(browser) as visit:
            visit.open(f"http://127.0.0.1:{port}/")
            visit.page.locator("#listen-gate").set_checked(gated)
            visit.page.locator("#listen-start").click()
            visit.page.evaluate(ONSETS)
            until(visit.page, PLAYED.format(3), STATE)
            for number in range(1, 7):
                card.play(tone)
                until(visit.page, f"window.onsets.length >= {number}", STATE)
                time.sleep(6.5 if gated else 1)  # the gate closes after five seconds
            heard = visit.page.evaluate("window.onsets")
        ear.end()
    delays_s = [min(there - here for there in heard if there > here) for here in ear.onsets]
    kind = "with the gate" if gated else "without"
    late = f"{np.median(delays_s):.2f} s late ({np.round(delays_s, 2)})"
    seen(f"listening in {kind}: {late}; {len(heard)} sounds")
