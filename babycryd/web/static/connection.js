// Hears from the nursery, and knows when it does not: what is old is never shown as if it were now.
const SILENCE_MS = 5000; // it says something every two seconds
const PAUSES_MS = [500, 1000, 2000, 4000];

export class Connection {
  #source = null;
  #heardMs = 0;
  #tries = 0;
  #timer = 0;
  #stopped = true;

  // `on` has: state(house), event(event), link("live" | "lost"), login()
  constructor(on, session) {
    this.on = on;
    this.session = session;
    setInterval(() => this.#watch(), 500);
    document.addEventListener("visibilitychange", () => document.hidden || this.#watch(true));
    addEventListener("online", () => this.retry());
    addEventListener("offline", () => this.#lost());
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
    try {
      if (!(await this.session.look())) return this.on.login();
    } catch {
      return this.#lost();
    }
    if (!this.#stopped) this.#open();
  }

  #open() {
    this.#close();
    const source = new EventSource("api/events");
    this.#source = source;
    this.#heardMs = performance.now();
    source.addEventListener("state", (message) => {
      this.#heard();
      this.#tries = 0;
      this.on.state(JSON.parse(message.data));
    });
    source.addEventListener("beat", () => this.#heard());
    source.onmessage = (message) => {
      this.#heard();
      this.on.event(JSON.parse(message.data));
    };
    source.onerror = () => source === this.#source && this.#lost();
  }

  #heard() {
    this.#heardMs = performance.now();
    this.on.link("live");
  }

  #watch(awake = false) {
    const silentMs = performance.now() - this.#heardMs;
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
    if (this.#source) this.#source.close();
    this.#source = null;
  }
}
