// The view of the clips: recordings of episodes.
import { button, byId, element } from "./element.js";
import { clip as sound } from "./episodes.js";
import { getJson } from "./session.js";
import { calendar, clock, running, say } from "./words.js";

export class Clips {
  #page;

  constructor(page) {
    this.#page = page;
    byId("delete-all").addEventListener("click", () => this.#delete({ all: true }));
  }

  async show() {
    try {
      const { clips } = await getJson("api/clips");
      this.#fill(clips);
    } catch (error) {
      this.#fill([]);
      this.#page.failed(error.message);
    }
  }

  #fill(clips) {
    const none = element("li", "card soft", say("page.clips.none"));
    byId("clips").replaceChildren(...(clips.length ? clips.map((each) => this.#card(each)) : [none]));
    byId("delete-all").hidden = !clips.length;
  }

  #card(clip) {
    const at = new Date(clip.started_utc_s * 1000);
    const name = `${calendar(at)}, ${clock(clip.started_utc_s)} · ${running(clip.length_s)}`;
    const remove = button(say("page.clips.delete"), () => this.#delete({ episode: clip.episode }), { of: name });
    return element("li", "card", [element("p", "figures", name), sound(clip.episode, name), element("p", "row", [remove])]);
  }

  async #delete(which) {
    if (!confirm(say("page.clips.sure"))) return;
    if (await this.#page.command("api/clips/delete", which)) this.show();
  }
}
