// The controls of the page and the values they show. A button with `data-post` and `data-fields` needs no code here.
import { number, say, title } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Controls {
  #command;
  #sliding = false;

  constructor(command) {
    this.#command = command;
    for (const button of document.querySelectorAll("[data-post]")) {
      button.addEventListener("click", () => command(button.dataset.post, JSON.parse(button.dataset.fields)));
    }
    this.#slide(byId("volume"));
  }

  #slide(volume) {
    volume.addEventListener("input", () => {
      this.#sliding = true;
      this.#volume(Number(volume.value));
    });
    volume.addEventListener("change", async () => {
      await this.#command("api/volume", { volume: Number(volume.value) });
      this.#sliding = false;
    });
  }

  show(daemon) {
    this.#lullaby(daemon.lullaby);
    if (!this.#sliding && daemon.volume !== null) {
      byId("volume").value = String(daemon.volume);
      this.#volume(daemon.volume);
    }
    byId("snooze-end").hidden = daemon.snoozed_until_utc_s === null;
  }

  #volume(percent) {
    byId("volume-text").textContent = `${number(percent)}\u00a0%`;
    byId("volume").setAttribute("aria-valuetext", `${number(percent)}\u00a0%`);
  }

  #lullaby(lullaby) {
    const plays = lullaby.track !== null;
    const focused = document.activeElement;
    byId("play").hidden = plays;
    byId("stop").hidden = byId("next").hidden = !plays;
    if (focused === byId("play") && plays) byId("stop").focus();
    if ((focused === byId("stop") || focused === byId("next")) && !plays) byId("play").focus();
    byId("track").textContent = plays ? title(lullaby.track) : say("page.detail.no_music");
  }
}
