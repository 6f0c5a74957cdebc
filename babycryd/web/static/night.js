// Which night a time belongs to, and what the server tells of a night.
import { getJson } from "./session.js";
import { language } from "./words.js";

export function iso(day) {
  const two = (part) => String(part).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

// The date of a night's morning; from noon on, a time belongs to the next day's night
export function nightOf(time) {
  if (time.getHours() >= 12) time.setDate(time.getDate() + 1);
  return iso(time);
}

// A night as the server tells it; `day`: the date of its morning, null for the last that has begun
export const ask = (day = null) => getJson(`api/nights?${day ? `date=${day}&` : ""}language=${language}`);
