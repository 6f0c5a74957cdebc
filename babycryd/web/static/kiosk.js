// The wall display, `?kiosk`: theme.js marks the page, the style sheet shows the state and one button.
import { screenLock } from "./alarm.js";
import { byId } from "./element.js";

const STEP_MS = 60_000; // so that no picture burns into the screen
const STEPS = [[0, 0], [6, 4], [-5, 7], [4, -6], [-6, -3]]; // px

export function startKiosk() {
  let step = 0;
  setInterval(() => {
    step = (step + 1) % STEPS.length;
    byId("main").style.translate = STEPS[step].map((px) => `${px}px`).join(" ");
  }, STEP_MS);
  document.addEventListener("visibilitychange", () => document.hidden || screenLock());
  screenLock();
}
