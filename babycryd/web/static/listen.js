// Listening in: the room's live sound. A browser without MediaSource, as of an iPhone, loads it itself, also while locked.
import { byId, swap } from "./element.js";
import { count, say } from "./words.js";

const MIME = "audio/mpeg";
const MOST_LATE_S = 1.2; // what is buffered beyond is skipped
const LATE_S = 0.6; // after a skip
const KEPT_S = 10; // of what was played
const AGAIN_MS = 2000;
const BEGINS_MS = 30_000; // at the latest
const STALLED_MS = 6000; // the stream never pauses
const once = (target, name) => new Promise((happened) => target.addEventListener(name, happened, { once: true }));

export class Listen {
  #audio = byId("listen-audio");
  #running = null; // AbortController, while the owner wants to listen
  #timer = 0;
  #failed;

  constructor(failed) {
    this.#failed = failed;
    byId("listen-start").addEventListener("click", () => this.#start());
    byId("listen-stop").addEventListener("click", () => this.#stop());
    byId("listen-gate").addEventListener("change", () => this.#running && this.#play());
    this.#audio.addEventListener("pause", () => this.#audio.ended || this.#stop()); // on the locked screen
    this.#audio.addEventListener("timeupdate", () => this.#running && this.#again(STALLED_MS));
    this.#audio.addEventListener("ended", () => this.#again());
    this.#audio.addEventListener("error", () => this.#again());
  }

  show(daemon) {
    const { enabled, listeners } = daemon.listen_in;
    byId("listen").hidden = !enabled;
    if (!enabled) this.#stop();
    byId("listen-count").textContent = listeners ? count("page.listen.count", listeners, { n: listeners }) : "";
    if (this.#running) navigator.mediaSession.metadata = new MediaMetadata({ title: daemon.room || say("page.listen") });
  }

  #start() {
    this.#running = new AbortController();
    this.#play();
    swap("listen-start", "listen-stop", true);
  }

  #stop() {
    if (!this.#running) return;
    this.#running.abort();
    this.#running = null;
    clearTimeout(this.#timer);
    this.#audio.removeAttribute("src");
    this.#audio.load();
    swap("listen-start", "listen-stop", false);
  }

  #play() {
    this.#running.abort();
    this.#running = new AbortController();
    const path = byId("listen-gate").checked ? "listen.mp3?gate=1" : "listen.mp3";
    if (window.MediaSource?.isTypeSupported(MIME)) this.#follow(path, this.#running.signal);
    else this.#audio.src = path;
    this.#again(BEGINS_MS);
    this.#audio.play().catch(() => {}); // see `error`
  }

  // Loads the stream again later, unless it plays meanwhile
  #again(afterMs = AGAIN_MS) {
    if (!this.#running) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#play(), afterMs);
  }

  async #follow(path, signal) {
    try {
      await this.#stream(path, signal);
    } catch {} // the page shows a lost network
    if (!signal.aborted) this.#again();
  }

  // Returns at the end of the stream
  async #stream(path, signal) {
    const source = new MediaSource();
    const opened = once(source, "sourceopen");
    const url = URL.createObjectURL(source);
    this.#audio.src = url;
    await opened;
    URL.revokeObjectURL(url);
    const buffer = source.addSourceBuffer(MIME);
    const answer = await fetch(path, { cache: "no-store", signal });
    if (!answer.ok) {
      this.#failed((await answer.json()).error);
      return this.#stop();
    }
    const reader = answer.body.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      buffer.appendBuffer(read.value);
      await once(buffer, "updateend");
      await this.#keepUp(buffer);
    }
  }

  async #keepUp(buffer) {
    const { buffered } = buffer;
    if (!buffered.length) return;
    const end = buffered.end(buffered.length - 1);
    if (end - this.#audio.currentTime > MOST_LATE_S) this.#audio.currentTime = end - LATE_S;
    if (this.#audio.currentTime - buffered.start(0) < 2 * KEPT_S) return;
    buffer.remove(0, this.#audio.currentTime - KEPT_S);
    await once(buffer, "updateend");
  }
}
