// The curve of the scores of the last two minutes.
import { byId } from "./element.js";
import { number, say } from "./words.js";

const SPAN_MS = 120_000;
const GAP_MS = 1_500; // longer without a score: the gate was closed
const [WIDTH, BOTTOM, HEIGHT] = [480, 116, 110];

export class Curve {
  #points = []; // [time by performance.now(), score]
  #threshold = 1;

  // Sets the scores of before the page opened: [stream time, score]; `nowS`: the present stream time
  begin(scores, nowS) {
    const now = performance.now();
    this.#points = scores.map(([atS, score]) => [now - (nowS - atS) * 1000, score]);
  }

  add(score) {
    this.#points.push([performance.now(), score]);
  }

  threshold(value) {
    if (value !== null) this.#threshold = value;
  }

  draw() {
    const now = performance.now();
    while (this.#points.length && this.#points[0][0] < now - SPAN_MS - GAP_MS) this.#points.shift();
    const line = this.#line(now);
    byId("curve-line").setAttribute("d", line);
    byId("curve-area").setAttribute("d", `${line}V${BOTTOM}H0Z`);
    const limit = BOTTOM - this.#threshold * HEIGHT;
    byId("curve-limit").setAttribute("y1", String(limit));
    byId("curve-limit").setAttribute("y2", String(limit));
    const [atMs, last] = this.#points.at(-1) ?? [-Infinity, 0];
    const score = now - atMs < GAP_MS ? last : 0;
    const places = { score: number(100 * score), threshold: number(100 * this.#threshold) };
    byId("curve-text").textContent = say("page.curve.text", places);
  }

  #line(now) {
    let d = `M0 ${BOTTOM}`;
    let before = -Infinity;
    const drop = () => `L${(WIDTH * (1 - (now - before - 240) / SPAN_MS)).toFixed(1)} ${BOTTOM}`; // the end of what was scored
    for (const [at, score] of this.#points) {
      const x = Math.max(0, WIDTH * (1 - (now - at) / SPAN_MS));
      if (at - before > GAP_MS) {
        if (before > -Infinity) d += drop();
        d += `L${Math.max(0, x - 1).toFixed(1)} ${BOTTOM}`;
      }
      d += `L${x.toFixed(1)} ${(BOTTOM - score * HEIGHT).toFixed(1)}`;
      before = at;
    }
    if (now - before > GAP_MS && before > -Infinity) d += drop();
    return `${d}L${WIDTH} ${now - before > GAP_MS ? BOTTOM : d.slice(d.lastIndexOf(" ") + 1)}`;
  }
}
