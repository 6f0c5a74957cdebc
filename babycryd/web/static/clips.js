// The view of the clips: recordings of episodes.
import { element } from "./element.js";
import { clip as sound } from "./episodes.js";
import { get } from "./session.js";
import { calendar, clock, running, say } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Clips {
  constructor(command, failed) {
    this.command = command;
    this.failed = failed;
    byId("delete-all").addEventListener("click", () => this.#delete({ all: true }));
  }

  async show() {
    try {
      const { clips } = await (await get("api/clips")).json();
      byId("clips").replaceChildren(...(clips.length ? clips.map((each) => this.#card(each)) : [none()]));
      byId("delete-all").hidden = clips.length === 0;
    } catch (error) {
      byId("clips").replaceChildren(none());
      byId("delete-all").hidden = true;
      this.failed(error.message);
    }
  }

  #card(clip) {
    const at = new Date(clip.started_utc_s * 1000);
    const name = `${calendar(at)}, ${clock(clip.started_utc_s)} · ${running(clip.length_s)}`;
    const remove = element("button", "", say("page.clips.delete"));
    remove.type = "button";
    remove.setAttribute("aria-label", `${say("page.clips.delete")}: ${name}`);
    remove.addEventListener("click", () => this.#delete({ episode: clip.episode }));
    return element("li", "card", [element("p", "figures", name), sound(clip.episode, name), element("p", "row", [remove])]);
  }

  async #delete(which) {
    if (!confirm(say("page.clips.sure"))) return;
    if (await this.command("api/clips/delete", which)) this.show();
  }
}

function none() {
  return element("li", "card soft", say("page.clips.none"));
}
