// What the server tells of a night.
import { getJson } from "./session.js";
import { language } from "./words.js";

// `day`: the date of its morning, null for the last that has begun
export const ask = (day = null) => getJson(`api/nights?${day ? `date=${day}&` : ""}language=${language}`);
