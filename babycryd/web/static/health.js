// The checks of the daemon in words: is everything in order?
import { byId, element } from "./element.js";
import { clock, number, running, say } from "./words.js";

const MARKS = { true: "✓", false: "!", null: "–" };
const NOTICED_PPM = 50; // four seconds a day
const DAY_S = 86_400;

export class Health {
  show(daemon) {
    byId("health").replaceChildren(...daemon.checks.map((each) => line(each, daemon)));
  }
}

function summaryOf(check, daemon) {
  if (check.good === false) return say("page.health.bad");
  if (check.what === "self_test") {
    if (check.good) return say("page.self_test.heard", { time: clock(daemon.self_test.utc_s) });
    return say(check.text ? "page.self_test.not_proven" : "page.self_test.none");
  }
  if (check.what === "disk" && check.good) return say("page.disk.free", { size: check.text.replace(" free", "") });
  if (check.what === "model" && check.advice !== "model_steady") {
    const { heard_s: heard, wanted_s: wanted } = daemon.health?.model ?? {};
    return say(`page.health.${check.advice}`, { percent: number(Math.floor((100 * heard) / wanted) || 0) });
  }
  const name = check.text.split("/").at(-1); // of a recording that replaces the microphone: only the file's name
  return name || say(check.good ? "page.health.good" : "page.health.off");
}

function line(check, daemon) {
  const wanting = check.what === "self_test" && check.good === null && check.text; // a failed one stands beside the state
  const summary = summaryOf(check, daemon);
  const item = element("li", "", [
    element("span", "mark", MARKS[String(check.good)], { "aria-hidden": true }),
    element("span", "what", say(`page.health.${check.what}`)),
    element("span", "text", summary, { title: check.text || summary }),
  ]);
  item.dataset.good = String(check.good);
  if (wanting) item.append(element("p", "remedy", say(`page.remedy.${check.advice}`)));
  if (check.what === "microphone" && daemon.health?.stream) item.append(element("p", "why", streamText(daemon.health.stream)));
  return item;
}

// The health of a microphone in the network. `stream`: the field of `health`
function streamText(stream) {
  const { drift_ppm: ppm, lost_s: lostS, gaps, reopened } = stream;
  const text = say("page.stream", { reopened, gaps, lost: running(lostS) });
  if (ppm === null || Math.abs(ppm) < NOTICED_PPM) return text;
  return `${text} ${say(ppm > 0 ? "page.stream.fast" : "page.stream.slow", { length: running((Math.abs(ppm) * DAY_S) / 1e6) })}`;
}
