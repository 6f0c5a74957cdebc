// The wall display, `?kiosk`: theme.js marks the page, the style sheet shows the state and one button.
const STEP_MS = 60_000; // so that no picture burns into the screen
const STEPS = [[0, 0], [6, 4], [-5, 7], [4, -6], [-6, -3]]; // px
const kiosk = "kiosk" in document.documentElement.dataset;

let lock = null;
async function stayAwake() {
  if (document.hidden) return;
  lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null; // HTTPS only
}

export function startKiosk() {
  if (!kiosk) return;
  let step = 0;
  setInterval(() => {
    step = (step + 1) % STEPS.length;
    document.getElementById("main").style.translate = STEPS[step].map((px) => `${px}px`).join(" ");
  }, STEP_MS);
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
}
