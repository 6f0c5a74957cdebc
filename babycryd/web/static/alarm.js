// The alarm of the page: sound and vibration until the alert is acknowledged or over. Browsers demand a tap before.
import { byId, swap } from "./element.js";
import { clock, say } from "./words.js";

const LOST_S = 30; // without the nursery: an alert could not arrive
const EVERY_MS = 2000;
const NOTES = [[880, 0], [660, 0.35], [880, 0.7]]; // Hz, and when in seconds
const NOTE_S = 0.3;
const VIBRATION_MS = [300, 150, 300, 150, 300];
const RINGS = ["told", "escalated"];
const TITLES = { crying: "page.alert.crying", needs_you: "page.alert.needs_you", deaf: "page.alert.deaf" };

// Keeps the screen on until the page is hidden; null where the browser cannot: it needs HTTPS
export const screenLock = async () => (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;

export class Alarm {
  #sound = null; // AudioContext, from the tap on
  #timer = 0; // while it rings
  #lock = null; // keeps the screen on, as a phone that sleeps stops the page

  constructor() {
    byId("alarm-start").addEventListener("click", () => this.#arm());
    byId("alarm-stop").addEventListener("click", () => this.#disarm());
    document.addEventListener("visibilitychange", () => this.#stayAwake());
  }

  // Called every half second; `silentS`: how long the nursery has not been heard
  show(daemon, link, silentS) {
    const alert = daemon?.alert;
    const shown = Boolean(alert?.kind);
    byId("alert").hidden = !shown;
    if (shown) {
      byId("alert-title").textContent = say(TITLES[alert.kind]);
      const since = say("page.alert.since", { time: clock(alert.since_utc_s) });
      byId("alert-since").textContent = RINGS.includes(alert.state) ? since : `${since}, ${say("page.alert.acknowledged")}`;
      byId("acknowledge").hidden = !RINGS.includes(alert.state);
    }
    const lost = Boolean(daemon) && link === "lost" && silentS > LOST_S;
    this.#ring(Boolean(this.#sound) && (lost || RINGS.includes(alert?.state)));
    byId("alarm-state").textContent = say(this.#sound ? "page.alarm.ready" : "page.alarm.off");
    document.body.dataset.alarm = this.#timer ? "rings" : this.#sound ? "ready" : "off";
  }

  #arm() {
    this.#sound = new AudioContext();
    this.#stayAwake();
    swap("alarm-start", "alarm-stop", true);
  }

  #disarm() {
    this.#ring(false);
    this.#sound.close();
    this.#sound = null;
    this.#lock?.release();
    this.#lock = null;
    swap("alarm-start", "alarm-stop", false);
  }

  async #stayAwake() {
    if (!this.#sound || document.hidden) return;
    this.#sound.resume();
    this.#lock = await screenLock();
  }

  #ring(wanted) {
    if (wanted === Boolean(this.#timer)) return;
    clearInterval(this.#timer);
    this.#timer = 0;
    if (!wanted) return navigator.vibrate?.(0);
    this.#timer = setInterval(() => this.#once(), EVERY_MS);
    this.#once();
  }

  #once() {
    navigator.vibrate?.(VIBRATION_MS);
    for (const [hz, afterS] of NOTES) {
      const note = new OscillatorNode(this.#sound, { frequency: hz, type: "triangle" });
      note.connect(this.#sound.destination);
      note.start(this.#sound.currentTime + afterS);
      note.stop(this.#sound.currentTime + afterS + NOTE_S);
    }
  }
}
