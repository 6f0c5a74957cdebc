// Settings of the nursery: each value is kept as soon as it is chosen, and its fault stands beside it.
import { addStyle, button, byId, element } from "./element.js";
import { fields } from "./setting_fields.js";
import { getJson } from "./session.js";
import { Phones } from "./phones.js";
import { folded } from "./trouble.js";
import { addTexts, language, say } from "./words.js";

const RESTART_S = 180;
const LANGUAGES = ["report.language", "notify.language"];

export class Settings {
  #post;
  #view = null; // the fields of api/settings
  #fields = [];
  #phones;
  #language = "";
  #offered = false;
  #shown = Promise.resolve();

  constructor(session) {
    this.#post = async (path, sent) => {
      const answer = await session.command(path, sent);
      if (answer.status === 401) location.reload(); // the page asks for the password
      return answer;
    };
    addStyle("settings.css");
  }

  // The part of the phones, which the first steps show, too
  get phones() {
    return this.#phones;
  }

  // Report and alerts in the language of this page
  keepLanguage() {
    const values = Object.fromEntries(LANGUAGES.map((key) => [key, language]));
    return this.change("api/settings", { values });
  }

  // Offers the first steps once; never on a wall display
  async offer() {
    if (this.#offered || "kiosk" in document.documentElement.dataset) return;
    this.#offered = true;
    await this.show();
    if (this.#view) this.#firstSteps();
  }

  async #firstSteps() {
    const { FirstSteps } = await import("./first_steps.js");
    new FirstSteps(this, this.#post).show();
  }

  // Makes the view anew, where it is open or when it opens
  redraw() {
    this.#view = null;
    if (!byId("view-settings").hidden) this.show();
  }

  // Reads the settings and shows them; one call after the other, so that the view is made once
  show() {
    byId("settings").close(); // the dialog that leads here
    this.#shown = this.#shown.catch(() => {}).then(() => this.#read());
    return this.#shown;
  }

  async #read() {
    if (language !== this.#language) this.#view = null; // everything is made anew
    const made = this.#view !== null;
    try {
      if (!made) addTexts(await getJson(`words/settings-${language}.json`));
      this.#language = language;
      this.#view = await getJson("api/settings");
    } catch (error) {
      this.#closed(error.message);
      return;
    }
    if (!made) this.#make();
    this.#take(this.#view);
  }

  #closed(why) {
    this.#view = null;
    byId("view-settings").replaceChildren(element("h2", "", say("settings.title")), element("p", "error", say("settings.closed")), element("p", "soft", why));
  }

  #make() {
    this.#fields = fields(this.#view, (values, field) => this.save(values, field));
    this.#phones = new Phones((path, sent) => this.change(path, sent), this.#post);
    const close = element("a", "button", say("page.settings.close"), { href: "#now" });
    byId("view-settings").replaceChildren(
      element("div", "between", [element("h2", "", say("settings.title")), close]),
      this.#restart(),
      this.#kept(),
      ...["hearing", "lullaby", "sounds", "alerts", "language"].map((group) => this.#card(group)),
      this.#test(),
    );
  }

  #card(group) {
    const made = this.#fields.filter((each) => each.group === group).map((each) => each.row);
    if (group === "alerts") made.push(this.#phones.part);
    return card(group, say(group === "language" ? "page.settings.language" : `settings.${group}`), made);
  }

  #kept() {
    const first = button(say("settings.first.again"), () => this.#firstSteps());
    this.keptText = element("p", "soft");
    return element("div", "kept", [this.keptText, first]);
  }

  #restart() {
    this.waiting = element("p", "");
    const now = button(say("settings.restart.now"), () => this.#again(now), { kind: "main" });
    const parts = [this.waiting, element("p", "soft", say("settings.restart.why")), now];
    return (this.restartCard = element("section", "card waiting", parts, { role: "status" }));
  }

  async #again(now) {
    now.disabled = true;
    const answer = await this.#post("api/restart", { restart: true });
    this.waiting.textContent = answer.ok ? say("settings.restarting") : answer.error;
    for (let waited = 0; answer.ok && waited < RESTART_S; waited++) {
      await new Promise((done) => setTimeout(done, 1000));
      const view = await getJson("api/settings").catch(() => null);
      if (view && !view.restart.length) return this.show().finally(() => (now.disabled = false));
    }
    now.disabled = false;
  }

  #test() {
    return card("test", say("settings.test"), [element("p", "soft", say("settings.test.why")), ...tester(this.#post)]);
  }

  // Shows what the daemon says now; a field with the focus keeps what is typed
  #take(view) {
    this.#view = view;
    for (const each of this.#fields) each.show(view);
    this.#phones.show(view);
    const { configuration: path, kept_in: own, target } = view;
    const kept = target === "file" ? "file" : path ? "page" : "none";
    this.keptText.textContent = `${view.fault ? `${say("settings.fault")} ` : ""}${say(`settings.kept.${kept}`, { path: kept === "file" ? own : path, own })}`;
    this.restartCard.hidden = !view.restart.length;
    const names = view.restart.map((key) => this.#fields.find((each) => each.keys.includes(key))?.name ?? say("settings.phones"));
    this.waiting.textContent = say("settings.restart", { what: [...new Set(names)].join(", ") });
  }

  // Keeps values by key. Where another tab was faster and left these alone, it is tried once more
  async save(values, field) {
    const before = this.#view.values;
    let answer = await this.change("api/settings", { values });
    if (answer.advice === "settings_changed") {
      const same = Object.keys(values).every((key) => this.#view.values[key].value === before[key].value);
      if (same) answer = await this.change("api/settings", { values });
    }
    field.tell(answer);
    if (answer.ok) this.#take(answer);
    return answer;
  }

  // Sends a change of this revision, and shows what counts where it was stale
  async change(path, sent) {
    const answer = await this.#post(path, { revision: this.#view.revision, ...sent });
    if (answer.advice === "settings_changed") await this.show();
    if (answer.ok && answer.values) this.#take(answer);
    return answer;
  }
}

function card(name, title, parts) {
  const id = `settings-${name}`;
  return element("section", "card", [element("h3", "", title, { id }), ...parts], { "aria-labelledby": id });
}

// The button that plays the test tone, and the place of its answer
export function tester(post) {
  const told = element("div", "", "", { role: "status" });
  const clicked = async (test) => {
    test.disabled = true;
    told.textContent = say("settings.test.running");
    const answer = await post("api/selftest", {});
    const good = answer.ok && answer.verdict === "heard";
    const text = say(good ? "settings.test.heard" : answer.ok ? "settings.test.not_heard" : "settings.test.failed");
    told.replaceChildren(element("p", good ? "" : "error", text), ...(answer.error ? [folded(answer.error)] : []));
    test.disabled = false;
  };
  return [button(say("settings.test"), clicked), told];
}
