// The health of a microphone in the network, in words.
import { running, say } from "./words.js";

const NOTICED_PPM = 50; // four seconds a day
const DAY_S = 86_400;

// `stream`: the field of `health`
export function streamText(stream) {
  const { drift_ppm: ppm, lost_s: lostS, gaps, reopened } = stream;
  const text = say("page.stream", { reopened, gaps, lost: running(lostS) });
  if (ppm === null || Math.abs(ppm) < NOTICED_PPM) return text;
  return `${text} ${say(ppm > 0 ? "page.stream.fast" : "page.stream.slow", { length: running((Math.abs(ppm) * DAY_S) / 1e6) })}`;
}
