// The owner's marks of a cry: it was the baby, or it was not. A second press takes the mark back.
import { button } from "./element.js";
import { say } from "./words.js";

export class Marks {
  #page;

  constructor(page) {
    this.#page = page;
  }

  // Lets two buttons mark the episode that `episodeOf()` names
  bind(yes, no, episodeOf) {
    yes.addEventListener("click", () => this.#press(yes, true, episodeOf(), [yes, no]));
    no.addEventListener("click", () => this.#press(no, false, episodeOf(), [yes, no]));
  }

  // The two buttons of an episode in a list; `time`: its start, in words
  buttons(episode, cry, time) {
    const one = (key, marks) => button(say(key), (pressed) => this.#press(pressed, marks, episode, made), { of: time });
    const made = [one("page.episode.yes", true), one("page.episode.no", false)];
    show(...made, cry);
    return made;
  }

  async #press(pressed, cry, episode, [yes, no]) {
    const mark = pressed.getAttribute("aria-pressed") === "true" ? null : cry;
    if (!(await this.#page.command("api/feedback", { cry: mark, episode }))) return;
    show(yes, no, mark);
    this.#page.toast(say(mark === null ? "page.done.unmarked" : "page.done.marked"));
  }
}

// Shows a mark: true, false, or null for none
export function show(yes, no, cry) {
  yes.setAttribute("aria-pressed", String(cry === true));
  no.setAttribute("aria-pressed", String(cry === false));
}
