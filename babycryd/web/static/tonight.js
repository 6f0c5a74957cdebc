// The card of tonight beside the state: its sentence, its timeline and its last cries.
import { byId, picture, stylePictures } from "./element.js";
import { items } from "./episodes.js";
import { ask } from "./night.js";
import { language, whole } from "./words.js";

const EVERY_MS = 300_000; // the night goes on, also without a cry
const MOST = 3; // cries

export class Tonight {
  #marks;
  #shown = ""; // what the card was last asked for
  #askedMs = -Infinity;

  constructor(marks) {
    this.#marks = marks;
  }

  // Asks anew after a cry, a mark, or some minutes. Called with each new state
  async show(daemon) {
    const { last_episode: last, episode } = daemon;
    const wanted = JSON.stringify([language, last?.id, last?.cry, episode?.id, episode?.cry]);
    const above = (episode ?? last)?.id; // the card of the last cry has it
    byId("tonight").hidden ||= !daemon.remembers.nights;
    const now = performance.now();
    if (!daemon.remembers.nights || (wanted === this.#shown && now - this.#askedMs < EVERY_MS)) return;
    [this.#shown, this.#askedMs] = [wanted, now];
    stylePictures();
    const night = await ask().catch(() => null); // the card stays as it was; the view of the nights tells why
    if (!night) return void (this.#shown = ""); // the next state asks again
    byId("tonight-title").textContent = night.title;
    byId("tonight-sentence").textContent = whole(night.sentence);
    byId("tonight-picture").replaceChildren(picture(night.night_svg));
    const cries = night.episodes.filter((each) => each.at_night && each.id !== above).slice(-MOST).reverse();
    const listed = cries.length ? items(cries, { marks: this.#marks }) : [];
    for (const each of listed) each.removeAttribute("id"); // the view of the nights has it, too
    byId("tonight-episodes").replaceChildren(...listed);
    byId("tonight").hidden = false;
  }
}
