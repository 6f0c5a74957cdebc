// Phones that get alerts: a list, and a form for one more. Address and token are sent once and never come back.
import { button, element } from "./element.js";
import { folded } from "./trouble.js";
import { running, say } from "./words.js";

const NAMES = { ntfy: "ntfy", pushover: "Pushover", telegram: "Telegram" };

export class Phones {
  #change;
  #post;
  #told = element("div", "setting", [], { role: "status" }); // the outcome of a test
  #list = element("ul", "phones");
  #form;
  #inputs = {};
  #faults = {};
  #listed = "";

  // `change(path, fields)` sends a change and resolves to its answer, `post` anything else
  constructor(change, post) {
    this.#change = change;
    this.#post = post;
    this.#form = this.#makeForm();
    this.part = element("div", "setting", [element("strong", "", say("settings.phones")), this.#list, this.#told, this.#form]);
  }

  show(view) {
    if (!this.#inputs.service.options.length) {
      this.#inputs.service.append(...view.services.map((each) => new Option(NAMES[each] ?? each, each)));
      this.#label();
    }
    const listed = JSON.stringify(view.recipients);
    if (listed === this.#listed) return;
    this.#listed = listed;
    const none = element("li", "soft", say("settings.phones.none"));
    this.#list.replaceChildren(...(view.recipients.length ? view.recipients.map((each) => this.#line(each)) : [none]));
  }

  #line({ name, service, of_page: ofPage }) {
    const test = button(say("settings.phones.test"), () => this.#test(name, test), { of: name });
    const line = element("li", "", [element("span", "", `${name} · ${NAMES[service] ?? service}`), test]);
    if (!ofPage) return line.append(element("span", "soft", say("settings.phones.by_hand"))), line;
    const clicked = async () => {
      if (confirm(say("settings.phones.sure", { name }))) this.#tell(await this.#change("api/settings/recipient/remove", { name }));
    };
    line.append(button(say("settings.phones.remove"), clicked, { of: name }));
    return line;
  }

  // Sends a test message; what the service said is folded
  async #test(name, button) {
    button.disabled = true;
    const { ok, accepted, text, error, wait } = await this.#post("api/settings/recipient/test", { name });
    button.disabled = false;
    const told = wait ? say("page.login.wait", { length: running(wait) }) : say(accepted ? "settings.phones.test.sent" : "settings.phones.test.not_sent", { name });
    this.#told.replaceChildren(element("p", accepted ? "" : "error", told), ...(accepted || wait ? [] : [folded(ok ? text : error)]));
  }

  #makeForm() {
    const service = (this.#inputs.service = element("select"));
    service.addEventListener("change", () => this.#label());
    const rows = [
      this.#row("service", service, say("settings.phones.service")),
      this.#row("name", this.#text("text"), say("settings.phones.name")),
      this.#row("address", this.#text("password"), ""),
      this.#row("token", this.#text("password"), ""),
    ];
    const keep = element("button", "main", say("settings.phones.keep"), { type: "submit" });
    const form = element("form", "", [...rows, element("p", "soft", say("settings.phones.secret")), keep]);
    form.addEventListener("submit", (submitted) => this.#add(submitted));
    return element("details", "", [element("summary", "", say("settings.phones.add")), form]);
  }

  #text(type) {
    return Object.assign(element("input"), { type, maxLength: 200, autocomplete: "off", spellcheck: false, autocapitalize: "off" });
  }

  #row(key, input, text) {
    input.id = `phone-${key}`;
    this.#inputs[key] = input;
    const id = `${input.id}-fault`;
    this.#faults[key] = element("p", "error", "", { id, role: "alert" });
    input.setAttribute("aria-describedby", id);
    return element("div", "setting", [element("label", "", text, { for: input.id }), input, this.#faults[key]]);
  }

  #label() {
    const service = this.#inputs.service.value;
    const label = (key) => this.#inputs[key].previousElementSibling;
    label("address").textContent = say(`settings.phones.address.${service}`);
    label("token").textContent = say(service === "ntfy" ? "settings.phones.token.maybe" : "settings.phones.token");
  }

  async #add(submitted) {
    submitted.preventDefault();
    const { service, name, address, token } = Object.fromEntries(Object.entries(this.#inputs).map(([key, input]) => [key, input.value.trim()]));
    const answer = await this.#change("api/settings/recipient", { service, name, address, ...(token ? { token } : {}) });
    this.#tell(answer);
    if (!answer.ok) return;
    for (const key of ["name", "address", "token"]) this.#inputs[key].value = "";
    this.#form.open = false;
  }

  #tell(answer) {
    for (const fault of Object.values(this.#faults)) fault.textContent = "";
    if (answer.ok) return;
    const keys = answer.faults?.map((each) => each.key).filter((key) => key in this.#faults) ?? [];
    for (const key of keys) {
      this.#faults[key].textContent = say(`settings.fault.${key === "name" ? "name" : key === "service" ? "other" : "secret"}`);
    }
    if (keys.length) this.#inputs[keys[0]].focus();
    else this.#faults.name.textContent = answer.advice === "settings_changed" ? say("settings.changed") : say("page.failed", { why: answer.error ?? "" });
  }
}
