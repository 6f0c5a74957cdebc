// The parts that the first view needs next to the state; app.js asks for them while it waits for the state.
import { Controls } from "./controls.js";
import { Curve } from "./curve.js";
import { Marks } from "./marks.js";
import { Troubles } from "./trouble.js";

export function cardsOf(page) {
  const marks = new Marks(page);
  return { controls: new Controls(page.command, marks), curve: new Curve(), marks, troubles: new Troubles() };
}
