// The sounds: which one plays, and how loud it is at the cot.
import { byId } from "./element.js";
import { language, number, say, title } from "./words.js";

export class Sounds {
  #page;
  #listed = ""; // the tracks and the language of the options

  constructor(page) {
    this.#page = page;
    byId("sound").addEventListener("change", () => this.#choose());
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
    if (this.plays && byId("sound").value !== "ON") this.#page.command("api/lullaby", { lullaby: byId("sound").value });
  }

  #setPlay() {
    byId("play").dataset.fields = JSON.stringify({ lullaby: byId("sound").value });
  }
}

function atCot(loudness) {
  if (loudness.dba !== null) return say("page.volume.at_cot", { dba: number(loudness.dba) });
  if (loudness.full_dba !== null) return "";
  const text = say("page.volume.not_measured", { percent: number(loudness.full_percent) });
  return loudness.other_speaker ? `${text} ${say("page.loudness.other_speaker")}` : text;
}
