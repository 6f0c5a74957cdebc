// The parts beside the state and its buttons; app.js asks for them while it waits for the state.
import "./element.js"; // asked for with those that need it
import { layColumns } from "./columns.js";
import { Curve } from "./curve.js";
import { Health } from "./health.js";
import { LastCry } from "./last_cry.js";
import { Marks } from "./marks.js";
import { Troubles } from "./trouble.js";

export function cardsOf(page) {
  layColumns();
  const marks = new Marks(page);
  return { curve: new Curve(), health: new Health(), lastCry: new LastCry(marks), marks, troubles: new Troubles() };
}
