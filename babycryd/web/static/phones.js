// Phones that get alerts: a list, and a form for one more. Address and token are sent once and never come back.
import { element } from "./element.js";
import { say } from "./words.js";

const NAMES = { ntfy: "ntfy", pushover: "Pushover", telegram: "Telegram" };

export class Phones {
  #change;
  #list = element("ul", "phones");
  #form;
  #inputs = {};
  #faults = {};
  #listed = "";

  // `change(path, fields)` sends a change and resolves to its answer
  constructor(change) {
    this.#change = change;
    this.#form = this.#makeForm();
    this.part = element("div", "setting", [element("strong", "", say("settings.phones")), this.#list, this.#form]);
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
    const line = element("li", "", [element("span", "", `${name} · ${NAMES[service] ?? service}`)]);
    if (!ofPage) return line.append(element("span", "soft", say("settings.phones.by_hand"))), line;
    const remove = element("button", "", say("settings.phones.remove"));
    remove.type = "button";
    remove.setAttribute("aria-label", `${say("settings.phones.remove")}: ${name}`);
    remove.addEventListener("click", async () => {
      if (confirm(say("settings.phones.sure", { name }))) this.#tell(await this.#change("api/settings/recipient/remove", { name }));
    });
    line.append(remove);
    return line;
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
    const keep = element("button", "main", say("settings.phones.keep"));
    keep.type = "submit";
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
    this.#faults[key] = element("p", "error");
    this.#faults[key].id = `${input.id}-fault`;
    this.#faults[key].setAttribute("role", "alert");
    input.setAttribute("aria-describedby", this.#faults[key].id);
    const label = element("label", "", text);
    label.htmlFor = input.id;
    return element("div", "setting", [label, input, this.#faults[key]]);
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
