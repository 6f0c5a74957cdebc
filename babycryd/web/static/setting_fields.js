// The fields of the settings: what each shows, reads and says about a value that is not allowed.
import { element } from "./element.js";
import { languages, number, say } from "./words.js";

let made = 0;
const decimal = (value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });

// One setting: its label, its input, a sentence, and where its fault stands
class Field {
  constructor(group, keys, name, input, save) {
    Object.assign(this, { group, keys, name, input, save });
    this.id = `setting-${made++}`;
    this.fault = element("p", "error", "", { id: `${this.id}-fault`, role: "alert" });
    this.told = element("p", "soft", "", { role: "status" });
    this.row = element("div", "setting");
  }

  // `why`: a sentence, or nothing
  lay(parts, why) {
    const help = element("p", "soft", why ?? "", { id: `${this.id}-why` });
    for (const each of this.inputs) each.setAttribute("aria-describedby", `${help.id} ${this.fault.id}`);
    this.row.append(...parts, ...(why ? [help] : []), this.told, this.fault);
    return this;
  }

  get inputs() {
    return [...this.row.querySelectorAll("input, select"), ...[this.input].flat()];
  }

  tell(answer) {
    const stale = answer.advice === "settings_changed";
    this.fault.textContent = answer.ok || stale ? "" : this.#words(answer);
    this.told.textContent = answer.ok ? say("settings.saved") : stale ? say("settings.changed") : "";
    for (const each of this.inputs) each.setAttribute("aria-invalid", String(!answer.ok && !stale));
  }

  #words(answer) {
    if (answer.faults) return this.wrong ? this.wrong() : say("settings.fault.other");
    return say("page.failed", { why: answer.error || say("page.failed.unreachable") });
  }

  show(view) {
    if (this.row.contains(document.activeElement) && this.inputs.some((each) => each === document.activeElement && each.type !== "radio" && each.type !== "checkbox")) return;
    const found = this.keys.map((key) => view.values[key]);
    this.set(found[0].value, view);
    const file = found[0].set_by === "page" ? found[0].in_file : null;
    if (file !== null && !this.told.textContent) this.told.textContent = say("settings.in_file", { value: this.words?.(file) ?? file });
  }
}

const label = ({ id }, text) => element("label", "", text, { for: id });

function numberField(group, key, texts, view, save, scale = 1) {
  const { low, high } = view.values[key];
  const input = element("input");
  Object.assign(input, { type: "number", min: low * scale, max: high * scale, step: scale === 1 ? "any" : 1, inputMode: "decimal" });
  const field = new Field(group, [key], texts.name, input, save);
  input.id = field.id;
  field.words = (value) => `${number(value * scale)} ${texts.unit}`;
  field.wrong = () => say("settings.fault.number", { low: decimal(low * scale), high: decimal(high * scale) });
  field.set = (value) => (input.value = Math.round(value * scale * 100) / 100);
  input.addEventListener("change", () => {
    if (input.value === "" || !input.validity.valid) field.tell({ ok: false, faults: [] });
    else save({ [key]: scale === 1 ? Number(input.value) : Number(input.value) / scale }, field);
  });
  return field.lay([label(field, texts.name), element("span", "amount", [input, element("span", "", texts.unit)])], texts.why);
}

function flagField(group, key, texts, save) {
  const input = element("input", "", undefined, { type: "checkbox" });
  const field = new Field(group, [key], texts.name, input, save);
  input.id = field.id;
  field.words = (value) => (value ? "✓" : "–");
  field.set = (value) => (input.checked = value);
  input.addEventListener("change", () => save({ [key]: input.checked }, field));
  return field.lay([element("span", "check", [input, label(field, texts.name)])], texts.why);
}

function choiceField(group, keys, texts, choices, save) {
  const input = element("select");
  input.append(...Object.entries(choices).map(([value, text]) => new Option(text, value)));
  const field = new Field(group, keys, texts.name, input, save);
  input.id = field.id;
  field.words = (value) => choices[value] ?? value;
  field.set = (value) => (input.value = value);
  input.addEventListener("change", () => save(Object.fromEntries(keys.map((key) => [key, input.value])), field));
  return field.lay([label(field, texts.name), input], texts.why);
}

const clock = () => element("input", "", undefined, { type: "time" });

function timeField(group, key, texts, save) {
  const input = clock();
  const field = new Field(group, [key], texts.name, input, save);
  input.id = field.id;
  field.wrong = () => say("settings.fault.time");
  field.set = (value) => (input.value = value.slice(0, 5));
  input.addEventListener("change", () => save({ [key]: input.value }, field));
  return field.lay([label(field, texts.name), input], texts.why);
}

// Two times of day, kept as 08:00-19:30; none of both: nothing
function hoursField(group, key, texts, save) {
  const both = [clock(), clock()];
  const field = new Field(group, [key], texts.name, both, save);
  field.wrong = () => say("settings.fault.hours");
  field.set = (value) => value.split("-").concat("").slice(0, 2).forEach((each, place) => (both[place].value = each.trim()));
  const parts = both.map((input, place) => {
    input.id = `${field.id}-${place}`;
    const name = label(input, say(place ? "settings.to" : "settings.from"));
    input.addEventListener("change", () => {
      const given = both.map((each) => each.value);
      if (given.every(Boolean)) save({ [key]: given.join("-") }, field);
      else if (given.some(Boolean)) field.fault.textContent = field.wrong();
      else save({ [key]: "" }, field);
    });
    return element("span", "amount", [name, input]);
  });
  const group_ = element("fieldset", "", [element("legend", "", texts.name), ...parts]);
  return field.lay([group_], texts.why);
}

// The thresholds in words, each with what was measured
function sensitivityField(view, save) {
  const key = "detection.threshold";
  const radios = view.sensitivity.map((point, place) => radio(point.threshold, say(`settings.hearing.${place + 1}`), means(point)));
  const own = radio("own", "", "");
  const all = [...radios, own];
  const field = new Field("hearing", [key], say("settings.hearing"), all.map((each) => each.input), save);
  field.words = (value) => decimal(value);
  field.wrong = () => say("settings.fault.number", { low: decimal(view.values[key].low), high: decimal(view.values[key].high) });
  field.set = (value) => {
    const known = radios.find((each) => each.value === value);
    own.row.hidden = Boolean(known);
    own.name.textContent = say("settings.hearing.own", { value: decimal(value) });
    (known ?? own).input.checked = true;
  };
  for (const each of radios) each.input.addEventListener("change", () => save({ [key]: each.value }, field));
  const set = element("fieldset", "", [element("legend", "unseen", say("settings.hearing")), ...all.map((each) => each.row)]);
  return field.lay([set], say("settings.hearing.why"));
}

function radio(value, text, why) {
  const input = element("input", "", undefined, { type: "radio", name: "sensitivity" });
  const name = element("strong", "", text);
  return { value, input, name, row: element("label", "", [input, element("span", "", [name, element("span", "soft", why)])]) };
}

const means = (point) =>
  say("settings.hearing.means", {
    found: number(100 * point.recall),
    lively: decimal(point.lively_per_hour),
    nights: number(Math.max(1, 1 / (10 * point.calm_per_hour))), // nights of ten hours
  });

const link = (group, text, id) => {
  const anchor = element("a", "", text, { href: "#now" });
  anchor.addEventListener("click", () => setTimeout(() => {
    const card = document.getElementById(id);
    card.open = true;
    card.scrollIntoView();
  }));
  return { group, keys: [], row: element("p", "", [anchor]), show() {} };
};

// Every field, in order. `save(values, field)` keeps values by key
export function fields(view, save) {
  const text = (name, unit, why) => ({ name: say(`settings.${name}`), unit: unit && say(`settings.unit.${unit}`), why: why && say(`settings.${why}`) });
  const strategies = Object.fromEntries(view.values["soothing.strategy"].choices.map((each) => [each, say(`settings.strategy.${each}`)]));
  const names = Object.fromEntries(Object.entries(languages).map(([code, { name }]) => [code, name]));
  return [
    sensitivityField(view, save),
    flagField("lullaby", "lullaby.enabled", text("lullaby.enabled"), save),
    hoursField("lullaby", "lullaby.quiet_hours", text("quiet", "", "quiet.why"), save),
    numberField("lullaby", "lullaby.max_volume", { ...text("volume", "", "volume.why"), unit: "%" }, view, save, 100),
    numberField("lullaby", "lullaby.max_dba", text("dba", "dba", "dba.why"), view, save),
    link("lullaby", say("settings.measure"), "loudness"),
    choiceField("sounds", ["soothing.strategy"], text("strategy"), strategies, save),
    numberField("sounds", "soothing.let_it_settle_s", text("settle", "s"), view, save),
    link("sounds", say("settings.choose"), "calms"),
    numberField("alerts", "notify.crying_s", text("crying", "s"), view, save),
    numberField("alerts", "notify.repeat_min", text("repeat", "min"), view, save),
    timeField("alerts", "notify.evening", text("evening", "", "evening.why"), save),
    flagField("alerts", "notify.digest", text("digest"), save),
    choiceField("language", ["report.language", "notify.language"], text("language"), names, save),
  ];
}
