// The view of all rooms of the home: the urgent ones first. It follows a stream of its own while it is shown.
import { Connection } from "./connection.js";
import { byId, element } from "./element.js";
import { troubleItem } from "./trouble.js";
import { clock, count, length, running, say } from "./words.js";

const URGENCY = ["crying", "deaf", "gone", "silent", "unknown", "doubtful", "stirring", "soothing", "snoozed", "stopped", "listening"];
const DOES_NOT_HEAR = ["deaf", "gone", "silent", "unknown"];

export class Rooms {
  #connection;
  #link = "connecting";
  #told = null; // the last message; null: nothing is known now
  #aheadS = 0; // the daemon's clock minus ours
  #timer = 0;
  #shown = "";

  constructor(session) {
    const on = {
      state: (told) => {
        this.#told = told;
        this.#aheadS = told.utc_s - Date.now() / 1000;
        this.#draw();
      },
      link: (now) => {
        this.#link = now;
        if (now === "lost") this.#told = null; // an old state must not look like the present one
        this.#draw();
      },
      login() {}, // the page asks for the password
    };
    this.#connection = new Connection(on, session, "api/rooms/events");
  }

  // Follows the rooms until it is hidden
  show() {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#draw(), 1000);
    this.#connection.start();
    this.#draw();
  }

  hide() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#connection.stop();
    this.#told = null;
    this.#link = "connecting";
  }

  #draw() {
    const told = this.#told;
    const nowS = Date.now() / 1000 + this.#aheadS;
    const rooms = told ? [...told.rooms].sort((one, other) => urgency(one) - urgency(other)) : [];
    const shown = JSON.stringify([told, Math.floor(nowS / 10), say("page.nav.rooms"), this.#link]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    byId("rooms-sentence").textContent = told ? sentence(rooms) : say(this.#link === "lost" ? "page.lost.detail" : "page.connecting");
    byId("rooms-trouble").textContent = told?.trouble ? say("page.rooms.trouble", { why: told.trouble }) : "";
    byId("rooms-how").textContent = told ? hint(told, rooms) : "";
    if (!told) return byId("rooms").replaceChildren();
    this.#place(rooms.map((room) => card(room, nowS)));
  }

  // Puts the cards in their order, and leaves those as they are that have not changed: focus and open folds stay
  #place(cards) {
    const list = byId("rooms");
    const before = new Map([...list.children].map((each) => [each.dataset.room, each]));
    const placed = cards.map((each) => {
      const old = before.get(each.dataset.room);
      return old?.dataset.shown === each.dataset.shown ? old : each;
    });
    placed.forEach((each, at) => list.children[at] !== each && list.insertBefore(each, list.children[at] ?? null));
    while (list.children.length > placed.length) list.lastElementChild.remove();
  }
}

// A room with a trouble stands with those that hear badly
const urgency = ({ state, troubles }) => Math.min(URGENCY.indexOf(state), URGENCY.indexOf(troubles.length ? "doubtful" : "listening"));

function sentence(rooms) {
  const cry = rooms.filter(({ state }) => state === "crying").length;
  const deaf = rooms.filter(({ state }) => DOES_NOT_HEAR.includes(state)).length;
  const troubled = rooms.filter(({ state, troubles }) => !DOES_NOT_HEAR.includes(state) && (troubles.length || state === "doubtful")).length;
  const parts = [];
  if (cry) parts.push(count("page.rooms.cry", cry, { n: cry }));
  if (deaf) parts.push(count("page.rooms.deaf", deaf, { n: deaf }));
  if (troubled) parts.push(count("page.rooms.troubled", troubled, { n: troubled }));
  if (!parts.length) parts.push(say("page.rooms.quiet"));
  return count("page.rooms.all", rooms.length, { n: rooms.length, what: parts.join(", ") });
}

// What is not shown, and why no other room is
function hint({ more, finds, trouble }, rooms) {
  if (more) return say("page.rooms.more", { n: more });
  if (rooms.length > 1 || trouble) return "";
  return say(finds ? "page.rooms.none" : "page.rooms.how");
}

function card(room, nowS) {
  const { id, name, state, page, own, troubles } = room;
  const title = element(page ? "a" : "strong", "", name);
  if (page) title.href = page;
  const head = [element("h3", "", [title]), element("p", "state", say(`page.rooms.state.${state}`) || say(`page.state.${state}`))];
  const texts = [...since(room, nowS), lastCry(room)];
  const made = element("li", "card", [...head, element("p", "soft", texts.filter(Boolean).join(" · "))]);
  if (own) made.append(element("p", "soft", say("page.rooms.own")));
  if (troubles.length) made.append(element("ul", "troubles", troubles.map(troubleItem)));
  made.dataset.room = `${own} ${id}`;
  made.dataset.state = state;
  made.dataset.shown = JSON.stringify([room, made.textContent]);
  return made;
}

function since({ state, since_utc_s: utcS }, nowS) {
  if (utcS === null || !["listening", "stirring", "crying", "soothing", "snoozed", "deaf"].includes(state)) return [];
  return [say("page.since", { length: state === "crying" ? running(nowS - utcS) : length(nowS - utcS) })];
}

function lastCry({ last_cry: cry, state }) {
  if (state === "crying") return "";
  if (!cry) return say("page.rooms.no_cry");
  const time = clock(cry.started_utc_s);
  if (cry.duration_s === null) return say("page.rooms.cry_at", { time });
  return say("page.rooms.last_cry", { time, length: length(cry.duration_s) });
}
