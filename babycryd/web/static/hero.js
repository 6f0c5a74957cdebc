// The big state: its word, its time, its detail, and the level of the sound.
import { clock, length, number, running, say, title } from "./words.js";

const [LOWEST_DB, HIGHEST_DB] = [-72, -6];
const SILENT_DB = -90; // of the meter, also while no level is known
const STALE_MS = 5_000; // the level is measured every 1.2 s
const SWEEP_DEG = 270; // of the ring, from its lower left to its lower right
const byId = (id) => document.getElementById(id);

const share = (db) => Math.min(1, Math.max(0, (db - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB)));

export class Hero {
  #level = null;
  #measuredMs = 0;
  #announced = "";

  constructor() {
    this.level(null);
  }

  level(measured) {
    this.#measuredMs = performance.now();
    this.#level = measured && Number.isFinite(measured.level_dbfs) ? measured : null;
    const { level_dbfs: level = LOWEST_DB, noise_floor_dbfs: floor = LOWEST_DB } = this.#level ?? {};
    byId("arc-level").style.strokeDashoffset = String(1 - share(level));
    byId("arc-level").style.visibility = share(level) > 0 ? "visible" : "hidden";
    byId("arc-floor").style.transform = `rotate(${share(floor) * SWEEP_DEG}deg)`;
    byId("arc-floor").style.visibility = this.#level ? "visible" : "hidden";
    const meter = byId("level");
    const text = this.#level
      ? say("page.level.text", { level: number(level), floor: number(floor) })
      : say("page.level.unknown");
    meter.textContent = text;
    const shown = this.#level ? Math.max(SILENT_DB, Math.min(0, Math.round(level))) : SILENT_DB;
    meter.setAttribute("aria-valuenow", String(shown));
    meter.setAttribute("aria-valuetext", text);
  }

  // `daemon`: the fields of api/state, null before the first; `receivedS`: time of the last message, by the daemon's
  // clock, as `nowS`
  show(daemon, link, nowS, receivedS) {
    const state = link === "lost" ? "lost" : (daemon?.shown ?? "unknown");
    document.body.dataset.state = state;
    for (const each of byId("face").children) each.toggleAttribute("hidden", !each.dataset.face.includes(state));
    const word = wordOf(daemon, state);
    set("state", word);
    set("since", sinceOf(daemon, state, nowS, receivedS));
    set("detail", detailOf(daemon, state, nowS));
    set("trouble", daemon?.soothing?.needs_you && state !== "lost" ? say("page.needs_you") : "");
    if (link === "lost" || (this.#level && performance.now() - this.#measuredMs > STALE_MS)) {
      this.level(null);
      set("level", "");
    }
    document.title = `${word} · ${daemon?.room || "babycryd"}`;
    this.#announce(state, word);
  }

  #announce(state, word) {
    if (state === this.#announced) return;
    this.#announced = state;
    set("alarm", state === "unknown" ? "" : word);
  }
}

function wordOf(daemon, state) {
  if (state === "lost") return say("page.lost");
  if (state === "unknown") return say(daemon ? "page.starting" : "page.connecting");
  return say(`page.state.${state}`);
}

function sinceOf(daemon, state, nowS, receivedS) {
  if (state === "lost") return daemon ? say("page.lost.since", { time: clock(receivedS) }) : "";
  if (["unknown", "doubtful"].includes(state) || daemon.since_utc_s === null) return "";
  return say("page.since", { length: running(nowS - daemon.since_utc_s) });
}

function detailOf(daemon, state, nowS) {
  if (state === "lost") return say("page.lost.detail");
  if (state === "deaf") return say("page.detail.deaf");
  if (state === "unknown") return "";
  if (state === "snoozed") {
    const until = say("page.until", { time: clock(daemon.snoozed_until_utc_s ?? nowS) });
    return say("page.detail.snoozed", { until });
  }
  if (daemon.lullaby.track !== null) {
    const since = say("page.since", { length: running(nowS - daemon.lullaby.since_utc_s) });
    return say("page.detail.playing", { track: title(daemon.lullaby.track), since });
  }
  if (state === "crying") return say("page.detail.no_music");
  if (state === "stirring") return say("page.detail.stirring");
  const last = daemon.last_episode;
  if (!last) return say("page.detail.quiet");
  const time = clock(last.started_utc_s);
  if (last.reason === "calm") return say("page.detail.last", { time, length: length(last.settled_in_s) });
  return say("page.detail.last_not_calm", { time, length: length(last.duration_s) });
}

function set(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}
