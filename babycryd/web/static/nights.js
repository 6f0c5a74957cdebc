// The view of the nights: timelines, episodes and downloads.
import { element } from "./controls.js";
import { get } from "./session.js";
import { calendar, clock, language, length, number, say } from "./words.js";

const byId = (id) => document.getElementById(id);

function iso(day) {
  const two = (part) => String(part).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

// The day of a night's morning; from noon on, a time belongs to the next day's night
function nightOf(day) {
  if (day.getHours() >= 12) day.setDate(day.getDate() + 1);
  day.setHours(12, 0, 0, 0);
  return day;
}

const tonight = () => nightOf(new Date());

function addDays(day, days) {
  const other = new Date(day);
  other.setDate(day.getDate() + days); // noon to noon, which is not always 24 hours
  return other;
}

export class Nights {
  #chosen = null; // null: tonight, also on a page that has been open for days

  constructor(failed) {
    this.failed = failed;
    byId("earlier").addEventListener("click", () => this.#choose(addDays(this.#day, -1)));
    byId("later").addEventListener("click", () => this.#choose(addDays(this.#day, 1)));
    for (const id of ["day", "week"]) byId(id).addEventListener("click", (clicked) => this.#open(clicked));
  }

  // Shows the tapped episode, which may belong to another night of the week
  async #open(clicked) {
    const tapped = clicked.target.closest("[data-episode]");
    if (!tapped) return;
    clicked.preventDefault(); // the link's hash would change the view
    const day = nightOf(new Date(tapped.dataset.started * 1000));
    if (iso(day) !== iso(this.#day)) await this.#choose(day);
    byId(`episode-${tapped.dataset.episode}`)?.focus();
  }

  async show() {
    const day = iso(this.#day);
    byId("night-title").textContent = say("night.title", { date: calendar(this.#day) });
    byId("later").disabled = this.#day >= tonight();
    byId("report").href = `report?date=${day}&language=${language}`;
    const [sinceS, untilS] = [addDays(this.#day, -1), this.#day].map((noon) => noon.getTime() / 1000);
    byId("csv").href = `api/episodes?format=csv&since=0`;
    byId("json").href = `api/episodes?format=json&since=0`;
    try {
      await style();
      const asked = `date=${day}&language=${language}`;
      const [night, week, records] = await Promise.all([
        get(`day.svg?${asked}`).then((answer) => answer.text()),
        get(`week.svg?${asked}`).then((answer) => answer.text()),
        get(`api/episodes?since=${sinceS}&until=${untilS}`).then((answer) => answer.json()),
      ]);
      if (day !== iso(this.#day)) return; // another night was chosen meanwhile
      byId("day").replaceChildren(picture(night));
      byId("week").replaceChildren(picture(week));
      list(records.episodes);
    } catch (error) {
      this.failed(error.message);
    }
  }

  get #day() {
    return this.#chosen ?? tonight();
  }

  #choose(day) {
    this.#chosen = day < tonight() ? day : null;
    return this.show();
  }
}

let styled = false;
async function style() {
  if (styled) return;
  styled = true;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = "nights.css";
  document.head.append(link);
}

function picture(svg) {
  return document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
}

function list(episodes) {
  const items = episodes.map((each) => {
    const item = element("li", "", [
      element("span", "figures", say("page.episode.text", {
        time: clock(each.started_utc_s),
        length: length(each.duration_s),
        confidence: number(100 * each.confidence),
      })),
      element("span", "soft", each.cry === null ? "" : say(each.cry ? "page.episode.yes" : "page.episode.no")),
    ]);
    item.id = `episode-${each.id}`;
    item.tabIndex = -1;
    return item;
  });
  byId("episodes").replaceChildren(...(items.length ? items : [element("li", "soft", say("page.nights.none"))]));
}
