// One stream for all tabs of a browser: one tab, the leader, reads it and passes every message on to the others.
// A browser opens six connections to a host, so with a stream for each tab the seventh would not load. The tabs elect
// the leader over a BroadcastChannel: Web Locks would need HTTPS, and some phones have no shared workers.
const ANSWER_MS = 25; // for a leader to answer a new tab; one that answers later leads on, and the new tab stops
const SPREAD_MS = 15; // tabs that want to lead at the same time wait differently long
const CURVE_S = 120; // of the scores that a new tab gets

export class SharedStream {
  #on;
  #id = `${Date.now()} ${Math.random()}`;
  #channel = null;
  #source = null; // of the leader only
  #timer = 0;
  #state = null; // the last one, and when it came
  #stateMs = 0;
  #scores = []; // [at_s, score]
  #level = null;
  #allowed;
  #path;
  #closed = false;

  // `on`: callbacks message(name, fields), with the names state, beat and event, and lost(); `allowed`: resolves to
  // whether the stream may be read, which is asked for while the other tabs may answer; `path`: of the stream
  constructor(on, allowed, path) {
    this.#on = on;
    this.#allowed = allowed;
    this.#path = path;
    this.#channel = new BroadcastChannel(`babycryd ${new URL(path, location).pathname}`);
    this.#channel.onmessage = (message) => this.#hear(message.data);
    this.#tell({ kind: "ask" });
    this.#leadAfter(ANSWER_MS);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#source) this.#tell({ kind: "bye" });
    this.#stopReading();
    this.#channel?.close();
    this.#channel = null;
  }

  #tell(fields) {
    this.#channel?.postMessage({ ...fields, from: this.#id });
  }

  #leadAfter(pauseMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lead(), pauseMs + SPREAD_MS * Math.random());
  }

  async #lead() {
    const timer = this.#timer;
    if (!(await this.#allowed) || this.#closed || timer !== this.#timer) return; // another tab has answered meanwhile
    this.#tell({ kind: "lead" });
    const source = new EventSource(this.#path);
    this.#source = source;
    for (const name of ["state", "beat"]) {
      source.addEventListener(name, (message) => this.#pass(name, JSON.parse(message.data)));
    }
    source.onmessage = (message) => this.#pass("event", JSON.parse(message.data));
    source.onerror = () => source === this.#source && this.#on.lost();
  }

  #stopReading() {
    this.#source?.close();
    this.#source = null;
  }

  #pass(name, fields) {
    this.#keep(name, fields);
    this.#tell({ kind: "message", name, fields });
    this.#on.message(name, fields);
  }

  #keep(name, fields) {
    if (name === "state") {
      this.#state = fields;
      this.#stateMs = performance.now();
      this.#scores = fields.recent?.scores ?? this.#scores;
      this.#level = fields.recent?.level ?? this.#level;
    } else if (fields.event === "score") {
      this.#scores.push([fields.at_s, fields.score]);
      while (this.#scores[0][0] < fields.at_s - CURVE_S) this.#scores.shift();
    } else if (fields.event === "level_measured") this.#level = fields;
  }

  // The state as a new connection would get it now
  #present() {
    if (!this.#state) return null;
    const ageS = (performance.now() - this.#stateMs) / 1000;
    const { utc_s: utcS, at_s: atS } = this.#state;
    const recent = { scores: this.#scores, level: this.#level };
    return { ...this.#state, utc_s: utcS + ageS, at_s: atS + ageS, recent };
  }

  #hear(told) {
    if (told.kind === "ask") {
      if (this.#source) this.#tell({ kind: "welcome", to: told.from, state: this.#present() });
    } else if (told.kind === "bye") {
      if (!this.#source) this.#leadAfter(0);
    } else if (this.#source) {
      if (told.from < this.#id) this.#stopReading(); // two lead: the one that came first goes on
    } else {
      clearTimeout(this.#timer);
      this.#timer = 0;
      if (told.kind === "message") this.#on.message(told.name, told.fields);
      if (told.kind === "welcome" && told.to === this.#id && told.state) this.#on.message("state", told.state);
    }
  }
}
