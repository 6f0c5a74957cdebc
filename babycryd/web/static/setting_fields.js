// The fields of the settings: what each shows, reads and says about a value that is not allowed.
import { element } from "./element.js";
import { languages, number, say } from "./words.js";

let made = 0;
const decimal = (value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });

// One setting: its label, its inputs, a sentence, and where its fault stands. Keeps a value as soon as it is chosen
class Field {
  // `texts`: { name, why }, the sentence or nothing
  constructor(group, keys, { name, why }, inputs, save) {
    Object.assign(this, { group, keys, name, inputs });
    const id = `setting-${made++}`;
    this.help = why ? [element("p", "soft", why, { id: `${id}-why` })] : [];
    this.fault = element("p", "error", "", { id: `${id}-fault`, role: "alert" });
    this.told = element("p", "soft", "", { role: "status" });
    inputs.forEach((input, place) => {
      input.id = `${id}-${place}`;
      input.setAttribute("aria-describedby", [...this.help, this.fault].map((each) => each.id).join(" "));
      input.addEventListener("change", () => {
        const value = this.read();
        if (value === undefined) this.tell({ ok: false, faults: [] });
        else save(Object.fromEntries(keys.map((key) => [key, value])), this);
      });
    });
  }

  // `parts`: what is seen; set(value) shows a value, read() gives that of the inputs, undefined where it is not allowed;
  // words(value), wrong(): the value, and that it is not allowed, in words
  lay(parts, { set, read, words = String, wrong = () => say("settings.fault.other") }) {
    Object.assign(this, { set, read, words, wrong });
    this.row = element("div", "setting", [...parts, ...this.help, this.told, this.fault]);
    return this;
  }

  tell(answer) {
    const stale = answer.advice === "settings_changed";
    const wrong = !answer.ok && !stale;
    const failed = () => (answer.faults ? this.wrong() : say("page.failed", { why: answer.error || say("page.failed.unreachable") }));
    this.fault.textContent = wrong ? failed() : "";
    this.told.textContent = answer.ok ? say("settings.saved") : stale ? say("settings.changed") : "";
    for (const each of this.inputs) each.setAttribute("aria-invalid", String(wrong));
  }

  show(view) {
    const focused = this.inputs.find((each) => each === document.activeElement);
    if (focused && !["radio", "checkbox"].includes(focused.type)) return; // it keeps what is typed
    const { value, set_by: setBy, in_file: file } = view.values[this.keys[0]];
    this.set(value);
    if (setBy === "page" && file !== null && !this.told.textContent) {
      this.told.textContent = say("settings.in_file", { value: this.words(file) });
    }
  }
}

const label = ({ id }, text) => element("label", "", text, { for: id });

function numberField(group, key, texts, view, save, scale = 1) {
  const { low, high } = view.values[key];
  const input = element("input", "", undefined, { type: "number", min: low * scale, max: high * scale, step: scale === 1 ? "any" : 1, inputmode: "decimal" });
  const field = new Field(group, [key], texts, [input], save);
  return field.lay([label(input, texts.name), element("span", "amount", [input, element("span", "", texts.unit)])], {
    set: (value) => (input.value = Math.round(value * scale * 100) / 100),
    read: () => (input.value !== "" && input.validity.valid ? Number(input.value) / scale : undefined),
    words: (value) => `${number(value * scale)} ${texts.unit}`,
    wrong: () => say("settings.fault.number", { low: decimal(low * scale), high: decimal(high * scale) }),
  });
}

function flagField(group, key, texts, save) {
  const input = element("input", "", undefined, { type: "checkbox" });
  const field = new Field(group, [key], texts, [input], save);
  return field.lay([element("span", "check", [input, label(input, texts.name)])], {
    set: (value) => (input.checked = value),
    read: () => input.checked,
    words: (value) => (value ? "✓" : "–"),
  });
}

function choiceField(group, keys, texts, choices, save) {
  const input = element("select", "", Object.entries(choices).map(([value, text]) => new Option(text, value)));
  const field = new Field(group, keys, texts, [input], save);
  return field.lay([label(input, texts.name), input], {
    set: (value) => (input.value = value),
    read: () => input.value,
    words: (value) => choices[value] ?? value,
  });
}

const clock = () => element("input", "", undefined, { type: "time" });

function timeField(group, key, texts, save) {
  const input = clock();
  const field = new Field(group, [key], texts, [input], save);
  return field.lay([label(input, texts.name), input], {
    set: (value) => (input.value = value.slice(0, 5)),
    read: () => input.value,
    wrong: () => say("settings.fault.time"),
  });
}

// Two times of day, kept as 08:00-19:30; none of both: nothing
function hoursField(group, key, texts, save) {
  const both = [clock(), clock()];
  const field = new Field(group, [key], texts, both, save);
  const parts = both.map((input, place) => element("span", "amount", [label(input, say(place ? "settings.to" : "settings.from")), input]));
  return field.lay([element("fieldset", "", [element("legend", "", texts.name), ...parts])], {
    set: (value) => value.split("-").concat("").slice(0, 2).forEach((each, place) => (both[place].value = each.trim())),
    read() {
      const given = both.map((each) => each.value).filter(Boolean);
      return given.length === 1 ? undefined : given.join("-");
    },
    wrong: () => say("settings.fault.hours"),
  });
}

// The thresholds in words, each with what was measured
function sensitivityField(view, save) {
  const key = "detection.threshold";
  const { low, high } = view.values[key];
  const known = view.sensitivity.map((point, place) => radio(point.threshold, say(`settings.hearing.${place + 1}`), means(point)));
  const own = radio(null, "", "");
  const all = [...known, own];
  const texts = { name: say("settings.hearing"), why: say("settings.hearing.why") };
  const field = new Field("hearing", [key], texts, all.map((each) => each.input), save);
  return field.lay([element("fieldset", "", [element("legend", "unseen", texts.name), ...all.map((each) => each.row)])], {
    set(value) {
      const chosen = known.find((each) => each.value === value) ?? Object.assign(own, { value });
      own.row.hidden = chosen !== own;
      own.name.textContent = say("settings.hearing.own", { value: decimal(value) });
      chosen.input.checked = true;
    },
    read: () => all.find((each) => each.input.checked).value,
    words: decimal,
    wrong: () => say("settings.fault.number", { low: decimal(low), high: decimal(high) }),
  });
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
