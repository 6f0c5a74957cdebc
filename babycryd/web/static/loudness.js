// The measurement of the loudness at the cot: loaded when its part is opened.
import { byId } from "./element.js";
import { getJson } from "./session.js";
import { number, say } from "./words.js";

export class Loudness {
  #page;

  constructor(page) {
    this.#page = page;
    byId("play-test").addEventListener("click", () => page.command("api/loudness/play", {}));
    byId("reading").addEventListener("submit", (submitted) => this.#measured(submitted));
  }

  async #measured(submitted) {
    submitted.preventDefault();
    if (!(await this.#page.command("api/loudness", { dba: Number(byId("dba").value) }))) return;
    const { full_dba: full } = await getJson("api/loudness");
    this.#page.toast(say("page.loudness.done", { dba: number(full) }));
    byId("loudness").open = false;
  }
}
