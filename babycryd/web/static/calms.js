// The card of what calms: each sound with its tries, how sure that is, a button to play it, and when it may play.
import { button, byId, element } from "./element.js";
import { getJson } from "./session.js";
import { count, language, length, number, say, title } from "./words.js";

const MOST = 4; // sounds, until all are asked for
const LEVELS_DBA = [40, 45, 50, 55, 60];
const USES = ["auto", "first", "muted"];

export class Calms {
  #page;
  #shown = "";
  #all = false;
  #offered = "";
  #uncappedDba = null; // at the cot, at a volume of 100 % without the cap

  constructor(page) {
    this.#page = page;
    byId("calms-all").addEventListener("click", () => {
      this.#all = !this.#all;
      this.#list();
    });
  }

  // Asks anew where something was learnt, or the sounds have changed. Called with each new state
  async show(daemon) {
    const { tracks } = daemon.lullaby;
    this.#levels(daemon.loudness);
    const wanted = JSON.stringify([language, tracks, daemon.soothing?.learnt, daemon.soothing?.uses]);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    try {
      this.learnt = await getJson("api/soothing");
      this.tracks = tracks;
      this.#list();
    } catch {
      this.#shown = ""; // the next state asks again
    }
  }

  #list() {
    const { best, sounds, uses } = this.learnt;
    const known = new Map(sounds.map((each) => [each.sound, each]));
    const unknown = this.tracks.filter((each) => !known.has(each)).map((sound) => ({ sound, tries: 0 }));
    const all = [...sounds.filter((each) => this.tracks.includes(each.sound)), ...unknown];
    const tries = sounds.reduce((sum, each) => sum + each.tries, 0);
    byId("calms-best").textContent = best
      ? say("page.calms.best", { sound: title(best), percent: number(100 * known.get(best).p_best) })
      : tries
        ? count("page.calms.early", tries, { tries })
        : say("page.calms.none");
    const shown = this.#all ? all : all.slice(0, MOST);
    byId("calms-sounds").replaceChildren(...shown.map((each) => this.#line(each, uses[each.sound] ?? "auto")));
    byId("calms-all").hidden = all.length <= MOST;
    byId("calms-all").setAttribute("aria-expanded", String(this.#all));
    byId("calms-all").textContent = say(this.#all ? "page.calms.fewer" : "page.calms.all");
  }

  #line(figures, use) {
    const name = title(figures.sound);
    const play = button(say("page.lullaby.play"), () => this.#play(figures.sound), { of: name });
    const options = USES.map((each) => new Option(say(`page.calms.use.${each}`), each));
    const select = element("select", "", options, { "aria-label": `${say("page.calms.use")}: ${name}` });
    select.value = use;
    select.addEventListener("change", () => this.#use(figures.sound, select, use));
    const told = element("p", "", [element("strong", "", name), element("span", "soft", outcomeOf(figures))]);
    const made = element("li", "", [told, element("p", "row small", [play, select])]);
    made.dataset.use = use;
    return made;
  }

  // Offers levels in dB(A) at the cot, up to the loudest allowed, where that was measured
  #levels(loudness) {
    const levels = LEVELS_DBA.filter((dba) => dba <= loudness?.full_dba);
    byId("calms-level").hidden = !levels.length;
    this.#uncappedDba = loudness?.uncapped_dba;
    const offered = JSON.stringify([language, levels]);
    if (offered === this.#offered) return;
    this.#offered = offered;
    const options = levels.map((dba) => new Option(say("page.volume.at_cot", { dba }), dba));
    byId("level-at-cot").replaceChildren(new Option(say("page.calms.level.now"), ""), ...options);
  }

  // Plays a sound, at the chosen level: 20 dB less is a tenth of the volume
  async #play(sound) {
    const dba = Number(byId("level-at-cot").value);
    const volume = Math.round(1000 * 10 ** ((dba - this.#uncappedDba) / 20)) / 10;
    if (!dba || (await this.#page.command("api/volume", { volume }))) this.#page.command("api/lullaby", { lullaby: sound });
  }

  async #use(sound, select, before) {
    if (!(await this.#page.command("api/soothing/sound", { sound, use: select.value }))) select.value = before;
  }
}

// How often a sound calmed the baby, in what time, and how likely it is the best one
function outcomeOf({ tries, calmed, median_s: medianS, p_best: best }) {
  if (!tries) return say("page.calms.not_tried");
  const places = { calmed, tries, length: length(medianS ?? 0), percent: number(100 * best), share: number((100 * calmed) / tries) };
  return say(calmed ? "page.calms.figures" : "page.calms.figures_none", places);
}
