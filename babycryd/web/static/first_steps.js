// The first steps: five short questions, each of which may be skipped. What is chosen is kept as under the settings.
import { button, byId, element } from "./element.js";
import { tester } from "./settings.js";
import { say } from "./words.js";

const CLAP_DB = 15; // over the softest level of this step
const SOFTEST_DB = -90;
const LAST = 4; // number of the last step, counted from 0

export class FirstSteps {
  #settings;
  #post;
  #step = 0;
  #watch = null;
  #dialog = element("dialog", "", undefined, { id: "first-steps", "aria-labelledby": "step-title" });

  // `settings`: an instance of Settings that has read them
  constructor(settings, post) {
    this.#settings = settings;
    this.#post = post;
    this.#dialog.addEventListener("close", () => this.#gone());
    document.body.append(this.#dialog);
  }

  show() {
    this.#draw();
    this.#dialog.showModal();
    byId("step-title").focus();
  }

  #draw() {
    const steps = [this.#hear, this.#play, this.#place, this.#alerts, this.#done];
    this.#watch?.disconnect();
    const [name, parts] = steps[this.#step].call(this);
    const title = element("h2", "", say(`settings.first.${name}`), { id: "step-title", tabindex: -1 });
    const last = this.#step === LAST;
    const onward = () => (last ? this.#end("done") : this.#go(1));
    const buttons = [button(say(last ? "settings.first.end" : "settings.first.next"), onward, { kind: "main" })];
    if (this.#step) buttons.push(button(say("settings.first.back"), () => this.#go(-1)));
    if (!last) buttons.push(button(say("settings.first.skip"), () => this.#end("skipped"), { kind: "skip-all" }));
    const count = element("p", "soft", `${say("settings.first")} · ${say("settings.first.of", { n: this.#step + 1, all: LAST + 1 })}`);
    this.#dialog.replaceChildren(element("div", "step", [count, title, ...parts, element("p", "row", buttons)]));
  }

  async #go(by) {
    this.#step += by;
    if (by > 0 && this.#step === LAST) await this.#settings.keepLanguage();
    this.#draw();
    byId("step-title").focus();
  }

  #hear() {
    const scale = { min: SOFTEST_DB, max: 0, value: SOFTEST_DB };
    const loud = element("meter", "loud", undefined, { ...scale, "aria-label": say("page.level") });
    const told = element("p", "", say("settings.first.hear.clap"), { role: "status" });
    let softest = 0;
    const level = byId("level"); // follows the microphone
    const look = () => {
      const now = Number(level.getAttribute("aria-valuenow"));
      loud.value = now;
      if (now <= SOFTEST_DB) return; // no sound yet
      softest = Math.min(softest, now);
      if (now >= softest + CLAP_DB) told.textContent = say("settings.first.hear.heard");
    };
    this.#watch = new MutationObserver(look);
    this.#watch.observe(level, { attributes: true, attributeFilter: ["aria-valuenow"] });
    look();
    return ["hear", [told, loud, element("p", "soft", say("settings.first.hear.deaf"))]];
  }

  #play() {
    return ["play", [element("p", "", say("settings.test.why")), ...tester(this.#post)]];
  }

  #place() {
    const lines = [1, 2, 3, 4].map((each) => element("li", "", say(`settings.first.place.${each}`)));
    return ["place", [element("ul", "", lines)]];
  }

  #alerts() {
    return ["alerts", [this.#settings.phones.part]];
  }

  #done() {
    return ["done", [element("p", "", say("settings.first.done.why")), this.#settings.restartCard]];
  }

  async #end(outcome) {
    await this.#post("api/settings/set-up", { set_up: outcome });
    this.#dialog.close();
  }

  #gone() {
    this.#watch?.disconnect();
    this.#dialog.remove();
    this.#settings.redraw();
  }
}
