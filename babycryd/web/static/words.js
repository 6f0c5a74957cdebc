// The texts of the page in the reader's language. The server sends the languages and the texts: babycryd/i18n/.
export let languages = null; // by code: { name, one_below_two }
let texts = {};
export let language = "en";

function stored() {
  try {
    return localStorage.getItem("language");
  } catch {
    return null;
  }
}

function preferred() {
  const wanted = [stored(), ...navigator.languages];
  return wanted.map((each) => (each || "").slice(0, 2).toLowerCase()).find((each) => each in languages) || "en";
}

// The reader's locale for times and numbers, 23:05 or 11:05 PM, if its language is that of the page
let locale = "en";

// The texts that came with the page: { language, languages, texts }
const sent = () => JSON.parse(document.getElementById("words")?.textContent || "{}");

export async function load(asked) {
  const first = sent();
  languages ??= first.languages ?? (await (await fetch("words/languages.json")).json());
  language = asked || preferred();
  locale = navigator.languages.find((each) => each.slice(0, 2).toLowerCase() === language) || language;
  if (asked) keep("language", asked);
  texts = language === first.language ? first.texts : await (await fetch(`words/${language}.json`)).json();
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-say]")) each.textContent = say(each.dataset.say);
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", say(each.dataset.label));
}

// Keeps a choice in this browser; without a storage for this visit only
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {}
}

export const addTexts = (more) => Object.assign(texts, more);

// A text with its lengths whole: no line break within 5 h 40 or 7 Std. 18, nor before a sign: 93 %
export function whole(text) {
  const signs = text.replace(/ (?=[%:;?!·])/g, "\u00a0");
  return signs.replace(/(\d) (?=[\p{L}\d])/gu, "$1\u00a0").replace(/(\d\u00a0(?:h|Std\.)) (?=\d)/g, "$1\u00a0");
}

export function say(key, places = {}) {
  const filled = (texts[key] ?? "").replace(/\{(\w+)(:02d)?\}/g, (_, name, padded) => {
    const value = String(places[name] ?? "");
    return padded ? value.padStart(2, "0") : value;
  });
  return whole(filled);
}

// The form of a text for one or for many
export function count(key, number, places) {
  const one = languages?.[language]?.one_below_two ? Math.abs(number) < 2 : number === 1;
  return say(`${key}.${one ? "one" : "other"}`, places);
}

// The length of something that still runs: seconds below a minute
export function running(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 60 ? count("page.seconds", whole, { n: whole }) : length(seconds);
}

// A length rounded to minutes, as the report rounds
export function length(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60 + 0.5);
  if (minutes === 0) return say("length.under_minute");
  if (minutes < 60) return count("length.minutes", minutes, { minutes });
  const hours = Math.floor(minutes / 60);
  if (minutes % 60 === 0) return count("length.hours_exactly", hours, { hours });
  return say("length.hours", { hours, minutes: minutes % 60 });
}

export function clock(utcS) {
  return new Date(utcS * 1000).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
}

export function calendar(date) {
  return date.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long" });
}

export function number(value) {
  return Math.round(value).toLocaleString(locale).replace("-", "−");
}

// The title of a track: the name of a shipped sound, or from the file's name, my-song
export function title(track) {
  const spaced = texts[`sound.${track}`] ?? track.replace(/[-_]+/g, " ").trim();
  return spaced.charAt(0).toLocaleUpperCase(locale) + spaced.slice(1);
}
