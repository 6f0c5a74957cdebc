// Which night a time belongs to, and what the server tells of a night.
import { getJson } from "./session.js";
import { language } from "./words.js";

export function iso(day) {
  const two = (part) => String(part).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

// The day of a night's morning; from noon on, a time belongs to the next day's night
export function nightOf(day) {
  if (day.getHours() >= 12) day.setDate(day.getDate() + 1);
  day.setHours(12, 0, 0, 0);
  return day;
}

export const tonight = () => nightOf(new Date());

// A night as the server tells it; `day`: the date of its morning, by default tonight's
export const ask = (day = tonight()) => getJson(`api/nights?date=${iso(day)}&language=${language}`);
