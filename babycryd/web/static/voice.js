// The recordings of the owner's voice: loaded when their part is opened.
import { button, byId, element } from "./element.js";
import { getJson } from "./session.js";
import { running, say, title } from "./words.js";

const LONGEST_S = 120; // of a recording

export class Voice {
  #page;
  #recorder = null;
  #wav = null; // the recording that is not kept yet

  constructor(page) {
    this.#page = page;
    byId("consent").addEventListener("change", () => (byId("recorder").disabled = !byId("consent").checked));
    byId("record").hidden = !navigator.mediaDevices;
    byId("insecure").hidden = Boolean(navigator.mediaDevices);
    byId("record").addEventListener("click", () => (this.#recorder ? this.#recorder.stop() : this.#record()));
    byId("voice-file").addEventListener("change", (chosen) => this.#take(chosen.target.files[0]));
    byId("voice-keep").addEventListener("submit", (submitted) => this.#keep(submitted));
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
      this.#page.failed(error.message);
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
      this.#page.failed(say("page.voice.unreadable"));
    }
  }

  async #keep(submitted) {
    submitted.preventDefault();
    const name = byId("voice-name").value.trim();
    if (!(await this.#page.command(`api/voices?name=${encodeURIComponent(name)}&consent=true`, this.#wav))) return;
    this.#page.toast(say("page.voice.kept"));
    this.#wav = null;
    byId("voice-keep").hidden = true;
    byId("voice-name").value = byId("voice-file").value = "";
    this.show();
  }

  async show() {
    try {
      const { voices } = await getJson("api/voices");
      byId("voices").replaceChildren(...voices.map((each) => this.#line(each.name)));
    } catch (error) {
      this.#page.failed(error.message);
    }
  }

  #line(name) {
    const clicked = async () => {
      if (confirm(say("page.clips.sure")) && (await this.#page.command("api/voices/delete", { name }))) this.show();
    };
    return element("li", "", [element("span", "", title(name)), button(say("page.clips.delete"), clicked, { of: name })]);
  }
}
