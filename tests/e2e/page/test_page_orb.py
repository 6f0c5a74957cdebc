"""The words in the orb fit in it, in every state, language and width, with the fonts of a plain Debian."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from babycryd.i18n import LANGUAGES
from tests.support.browser import Visit
from tests.support.made_up_home import settled
from tests.support.served_page import served_page
from tests.support.serving import ServedDevice

STATES = ("listening", "stirring", "crying", "soothing", "snoozed", "deaf")
# How far, in shares of the orb's size, the words reach out of its ring at the sides, or below its open ends
OUTSIDE = """async ([languages, states]) => {
  const { Hero } = await import("./hero.js");
  const { load } = await import("./words.js");
  const served = await (await fetch("api/state")).json();
  const hero = new Hero();
  const found = [];
  for (const language of languages) {
    await load(language);
    for (const state of states) {
      document.getElementById("alert").hidden = state !== "crying"; // an alert makes the orb of a phone smaller
      const sinceS = served.utc_s - 3600 * 11 - 59 * 60;
      hero.show({ ...served, shown: state, since_utc_s: sinceS }, "live", served.utc_s, served.utc_s);
      const orb = document.querySelector(".orb").getBoundingClientRect();
      for (const id of ["state", "since"]) {
        const range = document.createRange();
        range.selectNodeContents(document.getElementById(id));
        for (const line of range.getClientRects()) {
          const reach = Math.max(...[[line.left, line.top], [line.right, line.top], [line.left, line.bottom],
            [line.right, line.bottom]].map(([x, y]) =>
              Math.hypot(x - orb.left - orb.width / 2, y - orb.top - orb.height / 2) / orb.width));
          if (reach > 0.43) found.push([language, state, id, reach.toFixed(3)]);
        }
      }
    }
  }
  return found;
}"""


@pytest.mark.parametrize("size", [(320, 568), (390, 844), (820, 1180), (1440, 900)])
def test_the_words_of_every_state_stay_inside_the_ring(size: tuple[int, int], browser: Browser, tmp_path: Path) -> None:
    with served_page(tmp_path, ServedDevice()) as served, Visit(browser, size) as visit:
        for event in settled(1_790_000_000.0):
            served.tell(event)
        page = visit.open(served.url)
        page.wait_for_selector("#link[data-link=live]")
        assert page.evaluate(OUTSIDE, [list(LANGUAGES), list(STATES)]) == []
