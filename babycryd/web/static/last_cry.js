// The card of the last cry: when, how long, how sure, and the owner's marks of it.
import { byId } from "./element.js";
import { show as showMarks } from "./marks.js";
import { clock, length, number, running, say } from "./words.js";

export class LastCry {
  #episode = null; // its id

  constructor(marks) {
    byId("alert-no").addEventListener("click", () => byId("mark-no").click()); // it ends the alert
    marks.bind(byId("mark-yes"), byId("mark-no"), () => this.#episode);
  }

  // Called every half second, because a running episode grows
  show(daemon, nowS) {
    const shown = daemon.episode ?? daemon.last_episode;
    byId("episode-title").textContent = say(daemon.episode ? "page.episode.now" : "page.episode.last");
    byId("marks").hidden = !shown;
    this.#episode = shown?.id ?? null;
    if (!shown) {
      byId("episode").textContent = say("page.episode.none");
      return;
    }
    byId("episode").textContent = say("page.episode.text", {
      time: clock(shown.started_utc_s),
      length: shown.duration_s === undefined ? running(nowS - shown.started_utc_s) : length(shown.duration_s),
      confidence: number(100 * shown.confidence),
    });
    showMarks(byId("mark-yes"), byId("mark-no"), shown.cry);
    byId("alert-no").hidden = !daemon.episode || shown.cry === false;
  }
}
