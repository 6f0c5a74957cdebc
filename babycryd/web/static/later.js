// The parts that the first view does not need, loaded once the state shows: fewer files before it, on a slow network.
import { Alarm } from "./alarm.js";
import { Calms } from "./calms.js";
import { byId } from "./element.js";
import { Sounds } from "./sounds.js";
import { Tonight } from "./tonight.js";

// Loads a folded part when it is first opened
function whenOpened(id, load, failed) {
  let part = null;
  const opened = () => {
    if (!byId(id).open) return;
    part ??= load();
    part.then((made) => made.show?.()).catch((error) => {
      part = null; // so that the next opening loads it again
      failed(error.message);
    });
  };
  byId(id).addEventListener("toggle", opened);
  opened();
}

// Web Push, which browsers have over HTTPS only; the page works without
async function offerPush(page) {
  const { Push } = await import("./push.js");
  await new Push(page).show();
}

export function partsOf(page, marks) {
  if ("kiosk" in document.documentElement.dataset) import("./kiosk.js").then(({ startKiosk }) => startKiosk());
  whenOpened("voice", () => import("./voice.js").then(({ Voice }) => new Voice(page)), page.failed);
  whenOpened("loudness", () => import("./loudness.js").then(({ Loudness }) => new Loudness(page)), page.failed);
  if (isSecureContext && "PushManager" in self && "serviceWorker" in navigator) offerPush(page).catch(() => {});
  return {
    alarm: new Alarm(),
    calms: new Calms(page),
    sounds: new Sounds(page),
    tonight: new Tonight(marks),
  };
}
