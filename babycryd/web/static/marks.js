// The owner's marks of a cry: it was the baby, or it was not. A second press takes the mark back.
import { element } from "./element.js";
import { say } from "./words.js";

export class Marks {
  #command;
  #toast;

  // `command(path, fields)` sends a command and resolves to whether it was executed
  constructor(command, toast) {
    this.#command = command;
    this.#toast = toast;
  }

  // Lets two buttons mark the episode that `episodeOf()` names
  bind(yes, no, episodeOf) {
    for (const [button, cry] of [[yes, true], [no, false]]) {
      button.addEventListener("click", () => this.#press(button, cry, episodeOf(), [yes, no]));
    }
  }

  // The two buttons of an episode in a list; `time`: its start, in words
  buttons(episode, cry, time) {
    const made = ["page.episode.yes", "page.episode.no"].map((key) => {
      const button = element("button", "", say(key));
      button.type = "button";
      button.setAttribute("aria-label", `${say(key)}: ${time}`);
      return button;
    });
    show(...made, cry);
    this.bind(...made, () => episode);
    return made;
  }

  async #press(button, cry, episode, [yes, no]) {
    const mark = button.getAttribute("aria-pressed") === "true" ? null : cry;
    if (!(await this.#command("api/feedback", { cry: mark, episode }))) return;
    show(yes, no, mark);
    this.#toast(say(mark === null ? "page.done.unmarked" : "page.done.marked"));
  }
}

// Shows a mark: true, false, or null for none
export function show(yes, no, cry) {
  yes.setAttribute("aria-pressed", String(cry === true));
  no.setAttribute("aria-pressed", String(cry === false));
}
