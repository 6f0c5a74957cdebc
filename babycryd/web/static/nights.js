// The view of the nights: the answer first (a sentence, four figures, thirty nights), then the cries, the week, files.
import { byId, element, picture, stylePictures } from "./element.js";
import { items } from "./episodes.js";
import { ask } from "./night.js";
import { get, getJson } from "./session.js";
import { language, say, whole } from "./words.js";

const SIGNS = { true: "▲", false: "▼" }; // more, less

function addDays(day, days) {
  const other = new Date(day); // in UTC, whose days all have 24 hours
  other.setUTCDate(other.getUTCDate() + days);
  return other.toISOString().slice(0, 10);
}

export class Nights {
  #chosen = null; // a night's date; null: the last that has begun, also on a page that has been open for days
  #date = null; // of the night that is shown, or asked for
  #last = null; // date of the last that has begun
  #marks;

  constructor(marks, failed) {
    this.#marks = marks;
    this.failed = failed;
    const turn = (days) => this.#choose(addDays(this.#date, days));
    byId("earlier").addEventListener("click", () => turn(-1));
    byId("later").addEventListener("click", () => turn(1));
    for (const id of ["night", "day", "week"]) byId(id).addEventListener("click", (clicked) => this.#open(clicked));
    byId("trend").addEventListener("click", (clicked) => this.#openNight(clicked));
    byId("by-day").addEventListener("toggle", () => this.#draw("by-day", "day"));
    byId("whole-week").addEventListener("toggle", () => this.#week());
  }

  async show(daemon) {
    this.daemon = daemon;
    const chosen = this.#chosen;
    try {
      stylePictures();
      const [night, clips] = await Promise.all([ask(chosen), this.#clips()]);
      if (chosen !== this.#chosen) return; // another night was chosen meanwhile
      this.#date = night.date;
      this.#last = night.last;
      this.#fill(night, clips);
      await Promise.all([this.#draw("by-day", "day"), this.#week()]);
    } catch (error) {
      this.failed(error.message);
    }
  }

  #fill(night, clips) {
    byId("earlier").disabled = false;
    byId("later").disabled = night.date >= night.latest;
    byId("report").href = `report?date=${night.date}&language=${language}`;
    byId("night-title").textContent = night.title;
    byId("sentence").textContent = whole(night.sentence);
    byId("figures").replaceChildren(...night.figures.map(figure));
    byId("trend").replaceChildren(picture(night.trend_svg));
    byId("night").replaceChildren(picture(night.night_svg));
    const options = { marks: this.#marks, clips, none: say("page.nights.none") };
    const atNight = night.episodes.filter((each) => each.at_night);
    const byDay = night.episodes.filter((each) => !each.at_night);
    byId("episodes").replaceChildren(...items(atNight, options));
    byId("day-episodes").replaceChildren(...(byDay.length ? items(byDay, options) : []));
  }

  async #clips() {
    if (!this.daemon?.remembers.clips) return new Set();
    const { clips } = await getJson("api/clips");
    return new Set(clips.map((each) => each.episode));
  }

  // Draws a folded picture once it is open
  async #draw(folded, name) {
    if (!this.#date || !byId(folded).open) return byId(name).replaceChildren();
    const answer = await get(`${name}.svg?date=${this.#date}&language=${language}`);
    byId(name).replaceChildren(picture(await answer.text()));
  }

  // The digest of the week, once it is open: its sentences and its picture
  async #week() {
    await this.#draw("whole-week", "week");
    if (!this.#date || !byId("whole-week").open) return;
    const { sentences } = await getJson(`api/week?date=${this.#date}&language=${language}`);
    byId("week-text").textContent = whole(sentences.join(" "));
  }

  // Shows the tapped episode, which may belong to another night of the week
  async #open(clicked) {
    const tapped = clicked.target.closest("[data-episode]");
    if (!tapped) return;
    clicked.preventDefault(); // the link's hash would change the view
    const day = tapped.dataset.night ?? this.#date;
    if (day !== this.#date) await this.#choose(day);
    const shown = byId(`episode-${tapped.dataset.episode}`);
    if (shown?.closest("details")) byId("by-day").open = true;
    shown?.focus();
  }

  #openNight(clicked) {
    const tapped = clicked.target.closest("[data-night]");
    if (tapped) this.#choose(tapped.dataset.night);
  }

  #choose(day) {
    this.#date = day;
    this.#chosen = day === this.#last ? null : day;
    return this.show(this.daemon);
  }
}

// A figure of the night, its change against the week before, and that week's mean
function figure({ what, name, value, week, change, better }) {
  const more = better === null ? null : better === (what === "quiet");
  const changed = element("span", "change", more === null ? change : `${SIGNS[more]} ${change}`);
  if (better !== null) changed.dataset.better = String(better);
  const told = [element("strong", "", whole(value)), ...(change ? [changed] : []), element("span", "soft", whole(week))];
  return element("div", "", [element("dt", "soft", name), element("dd", "", told)]);
}
