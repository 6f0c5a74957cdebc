// The controls of the page and the values they show. A button with `data-post` and `data-fields` needs no code here.
import { byId, element } from "./element.js";
import { show as showMarks } from "./marks.js";
import { streamText } from "./stream_text.js";
import { clock, length, number, running, say, title } from "./words.js";

const MARKS = { true: "✓", false: "!", null: "–" };

export class Controls {
  #command;
  #episode = null;
  #sliding = false;

  constructor(command, marks) {
    this.#command = command;
    for (const button of document.querySelectorAll("[data-post]")) {
      button.addEventListener("click", () => command(button.dataset.post, JSON.parse(button.dataset.fields)));
    }
    byId("alert-no").addEventListener("click", () => byId("mark-no").click()); // it ends the alert
    marks.bind(byId("mark-yes"), byId("mark-no"), () => this.#episode);
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

  show(daemon, nowS) {
    this.#lullaby(daemon.lullaby);
    if (!this.#sliding && daemon.volume !== null) {
      byId("volume").value = String(daemon.volume);
      this.#volume(daemon.volume);
    }
    byId("snooze-end").hidden = daemon.snoozed_until_utc_s === null;
    this.cry(daemon, nowS);
    byId("health").replaceChildren(...daemon.checks.map((each) => line(each, daemon)));
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

  // Called every half second, because a running episode grows
  cry(daemon, nowS) {
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

function summaryOf(check, daemon) {
  if (check.good === false) return say("page.health.bad");
  if (check.what === "self_test") {
    if (check.good) return say("page.self_test.heard", { time: clock(daemon.self_test.utc_s) });
    return say(check.text ? "page.self_test.not_proven" : "page.self_test.none");
  }
  if (check.what === "disk" && check.good) return say("page.disk.free", { size: check.text.replace(" free", "") });
  const name = check.text.split("/").at(-1); // of a recording that replaces the microphone: only the file's name
  return name || say(check.good ? "page.health.good" : "page.health.off");
}

function line(check, daemon) {
  const wanting = check.what === "self_test" && check.good === null && check.text; // a failed one stands beside the state
  const summary = summaryOf(check, daemon);
  const item = element("li", "", [
    element("span", "mark", MARKS[String(check.good)], { "aria-hidden": true }),
    element("span", "what", say(`page.health.${check.what}`)),
    element("span", "text", summary, { title: check.text || summary }),
  ]);
  item.dataset.good = String(check.good);
  if (wanting) item.append(element("p", "remedy", say(`page.remedy.${check.advice}`)));
  if (check.what === "microphone" && daemon.health?.stream) item.append(element("p", "why", streamText(daemon.health.stream)));
  return item;
}
