// Connection to the live stream: reconnects, and notices a loss within seconds, so that an old state never looks like
// the present one.
import { SharedStream } from "./shared_stream.js";

const SILENCE_MS = 5000; // the stream sends a message at least every two seconds
const PAUSES_MS = [500, 1000, 2000, 4000]; // before the next try

// Whether the server has told with the page that it admits us; true once, for the first try
function admitted() {
  const told = document.querySelector('meta[name="admitted"]');
  told?.remove();
  return Boolean(told);
}

export class Connection {
  #source = null;
  #receivedMs = 0;
  #tries = 0;
  #timer = 0;
  #stopped = true;

  // `on`: callbacks state(fields), event(event), link("live" | "lost"), login(); `path`: of the stream
  constructor(on, session, path) {
    this.on = on;
    this.session = session;
    this.path = path;
    setInterval(() => this.#watch(), 500);
    document.addEventListener("visibilitychange", () => document.hidden || this.#watch(true));
    addEventListener("online", () => this.retry());
    addEventListener("offline", () => this.#lost());
    addEventListener("pagehide", () => this.#close()); // another tab takes over
    addEventListener("pageshow", (shown) => shown.persisted && this.retry());
  }

  start() {
    this.#stopped = false;
    this.retry();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#close();
  }

  async retry() {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#close();
    const checked = this.session.check();
    this.#open(admitted() || checked.catch(() => false));
    const source = this.#source;
    try {
      if (!(await checked) && source === this.#source) this.on.login();
    } catch {
      if (source === this.#source) this.#lost();
    }
  }

  // `allowed`: resolves to whether the stream may be read
  #open(allowed) {
    this.#receivedMs = performance.now();
    const source = new SharedStream({
      message: (name, fields) => {
        this.#received();
        if (name === "state") this.#tries = 0;
        if (name !== "beat") this.on[name](fields);
      },
      lost: () => source === this.#source && this.#lost(),
    }, allowed, this.path);
    this.#source = source;
  }

  #received() {
    this.#receivedMs = performance.now();
    this.on.link("live");
  }

  #watch(awake = false) {
    const silentMs = performance.now() - this.#receivedMs;
    if (this.#source && silentMs > (awake ? SILENCE_MS / 2 : SILENCE_MS)) this.#lost(awake);
  }

  #lost(now = false) {
    this.#close();
    if (this.#stopped) return;
    this.on.link("lost");
    clearTimeout(this.#timer);
    const pauseMs = now ? 0 : PAUSES_MS[Math.min(this.#tries, PAUSES_MS.length - 1)];
    this.#tries += 1;
    this.#timer = setTimeout(() => this.retry(), pauseMs);
  }

  #close() {
    this.#source?.close();
    this.#source = null;
  }
}
