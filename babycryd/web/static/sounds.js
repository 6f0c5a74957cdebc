// The sounds: which one plays, how loud it is at the cot, and the recordings of the owner's voice.
import { element } from "./element.js";
import { get } from "./session.js";
import { language, number, running, say, title } from "./words.js";

const LONGEST_S = 120; // of a recording
const byId = (id) => document.getElementById(id);

export class Sounds {
  #command;
  #toast;
  #failed;
  #listed = ""; // the tracks and the language of the options
  #recorder = null;
  #wav = null; // the recording that is not kept yet

  // `command(path, fields)` sends a command and resolves to whether it was executed
  constructor(command, toast, failed) {
    this.#command = command;
    this.#toast = toast;
    this.#failed = failed;
    byId("sound").addEventListener("change", () => this.#choose());
    byId("play-test").addEventListener("click", () => command("api/loudness/play", {}));
    byId("reading").addEventListener("submit", (submitted) => this.#measured(submitted));
    byId("consent").addEventListener("change", () => (byId("recorder").disabled = !byId("consent").checked));
    byId("record").hidden = !navigator.mediaDevices;
    byId("insecure").hidden = Boolean(navigator.mediaDevices);
    byId("record").addEventListener("click", () => (this.#recorder ? this.#recorder.stop() : this.#record()));
    byId("voice-file").addEventListener("change", (chosen) => this.#take(chosen.target.files[0]));
    byId("voice-keep").addEventListener("submit", (submitted) => this.#keep(submitted));
    byId("voice").addEventListener("toggle", () => byId("voice").open && this.#list());
  }

  show(daemon) {
    const { tracks, track } = daemon.lullaby;
    const listed = JSON.stringify([tracks, language]);
    if (listed !== this.#listed) {
      const chosen = byId("sound").value;
      const options = tracks.map((each) => new Option(title(each), each));
      byId("sound").replaceChildren(new Option(say("page.sound.next"), "ON"), ...options);
      byId("sound").value = tracks.includes(chosen) ? chosen : "ON";
      this.#listed = listed;
      this.#setPlay();
    }
    this.plays = track !== null;
    const loudness = daemon.loudness;
    byId("at-cot").textContent = loudness ? atCot(loudness) : "";
    byId("loudness").hidden = !loudness;
    if (loudness) byId("loudness-why").textContent = say("page.loudness.why", { cap: number(loudness.cap_dba) });
  }

  #choose() {
    this.#setPlay();
    if (this.plays && byId("sound").value !== "ON") this.#command("api/lullaby", { lullaby: byId("sound").value });
  }

  #setPlay() {
    byId("play").dataset.fields = JSON.stringify({ lullaby: byId("sound").value });
  }

  async #measured(submitted) {
    submitted.preventDefault();
    if (!(await this.#command("api/loudness", { dba: Number(byId("dba").value) }))) return;
    const { full_dba: full } = await (await get("api/loudness")).json();
    this.#toast(say("page.loudness.done", { dba: number(full) }));
    byId("loudness").open = false;
  }

  async #record() {
    try {
      const constraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
      const pieces = [];
      this.#recorder = new MediaRecorder(stream);
      this.#recorder.addEventListener("dataavailable", (made) => pieces.push(made.data));
      this.#recorder.addEventListener("stop", () => {
        for (const track of stream.getTracks()) track.stop();
        this.#recorder = null;
        byId("record").textContent = say("page.voice.record");
        this.#take(new Blob(pieces));
      });
      this.#recorder.start();
      byId("record").textContent = say("page.lullaby.stop");
      const recorder = this.#recorder;
      setTimeout(() => recorder.state === "recording" && recorder.stop(), 1000 * LONGEST_S);
    } catch (error) {
      this.#failed(error.message);
    }
  }

  async #take(sound) {
    if (!sound) return;
    try {
      const { toWav } = await import("./voice_wav.js");
      const { wav, lengthS } = await toWav(sound);
      this.#wav = wav;
      byId("voice-ready").textContent = say("page.voice.ready", { length: running(lengthS) });
      byId("voice-keep").hidden = false;
      byId("voice-name").focus();
    } catch {
      this.#failed(say("page.voice.unreadable"));
    }
  }

  async #keep(submitted) {
    submitted.preventDefault();
    const name = byId("voice-name").value.trim();
    if (!(await this.#command(`api/voices?name=${encodeURIComponent(name)}&consent=true`, this.#wav))) return;
    this.#toast(say("page.voice.kept"));
    this.#wav = null;
    byId("voice-keep").hidden = true;
    byId("voice-name").value = byId("voice-file").value = "";
    this.#list();
  }

  async #list() {
    try {
      const { voices } = await (await get("api/voices")).json();
      byId("voices").replaceChildren(...voices.map((each) => this.#line(each.name)));
    } catch (error) {
      this.#failed(error.message);
    }
  }

  #line(name) {
    const remove = element("button", "", say("page.clips.delete"));
    remove.type = "button";
    remove.setAttribute("aria-label", `${say("page.clips.delete")}: ${name}`);
    remove.addEventListener("click", async () => {
      if (confirm(say("page.clips.sure")) && (await this.#command("api/voices/delete", { name }))) this.#list();
    });
    return element("li", "", [element("span", "", title(name)), remove]);
  }
}

function atCot(loudness) {
  if (loudness.dba !== null) return say("page.volume.at_cot", { dba: number(loudness.dba) });
  if (loudness.full_dba !== null) return "";
  const text = say("page.volume.not_measured", { percent: number(loudness.full_percent) });
  return loudness.other_speaker ? `${text} ${say("page.loudness.other_speaker")}` : text;
}
