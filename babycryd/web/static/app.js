// The page: puts its parts together, and shows each new state.
import { Connection } from "./connection.js";
import { Controls } from "./controls.js";
import { Hero } from "./hero.js";
import { Session } from "./session.js";
import { keep, language, languages, load, say } from "./words.js";

const TOAST_MS = 5000;
const LOGIN_AGAIN_MS = 2000; // where the form could not be loaded
const byId = (id) => document.getElementById(id);
const session = new Session();
const hero = new Hero();
const parts = {}; // of cards.js and later.js, once they are loaded
let recent = { scores: [], at_s: 0 }; // scores for the curve until it is loaded
let daemon = null; // its last state, the fields of api/state
let link = "connecting";
let receivedS = 0; // time of the last message, by the daemon's clock
let aheadS = 0; // the daemon's clock minus ours
let wasLoggedIn = false;
let loginShown = false;
let login = null; // a promise of the form for the password

// The views that are loaded when they are first opened. Each has show(daemon)
const VIEWS = {
  nights: () => Promise.all([import("./nights.js"), cardsLoaded()]).then(([{ Nights }, { marks }]) => new Nights(marks, failed)),
  clips: () => import("./clips.js").then(({ Clips }) => new Clips(page)),
  rooms: () => import("./rooms.js").then(({ Rooms }) => new Rooms(session)),
  settings: () => import("./settings.js").then(({ Settings }) => new Settings(session)),
};
const opened = {}; // by name: a promise of the view
let shown = "now"; // the view's name

const nowS = () => Date.now() / 1000 + aheadS;

function render() {
  byId("link").dataset.link = link;
  const text = say(link === "live" ? "page.live" : link === "lost" ? "page.lost" : "page.connecting");
  if (byId("link-text").textContent !== text) byId("link-text").textContent = text;
  hero.show(daemon, link, nowS(), receivedS);
  parts.troubles?.show(link === "lost" ? [] : (daemon?.troubles ?? []));
  if (daemon) parts.lastCry?.show(daemon, link === "live" ? nowS() : receivedS);
  for (const control of document.querySelectorAll(".controls button, .controls input, .controls select, #marks button, .episodes .row button")) {
    control.disabled = link !== "live";
  }
  parts.alarm?.show(daemon, link, nowS() - receivedS);
  parts.curve?.draw();
}

function renderAll() {
  if (daemon) {
    controls.show(daemon);
    for (const each of ["health", "sounds", "calms", "listen", "tonight"]) parts[each]?.show(daemon);
    if (daemon.listen_in.enabled) loadListen();
    if (daemon.first_start) viewOf("settings").then((settings) => settings?.offer());
    byId("to-settings").hidden = !daemon.settings; // the demo has none
    byId("room").textContent = daemon.room || say("page.name");
    byId("version").textContent = `babycryd ${daemon.version}`;
    const views = { nights: daemon.remembers.nights, clips: daemon.remembers.clips, rooms: daemon.overview };
    byId("nav").hidden = !Object.values(views).some(Boolean);
    for (const [view, there] of Object.entries(views)) document.querySelector(`[data-view="${view}"]`).hidden = !there;
  }
  byId("logout").hidden = !session.password;
  render();
}

let toastTimer = 0;
function toast(text) {
  byId("toast").textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (byId("toast").textContent = ""), TOAST_MS);
}

const failed = (why) => toast(say("page.failed", { why }));
const reason = (answer) =>
  say(`page.remedy.${answer.advice}`) || say("page.failed", { why: answer.error || say("page.failed.unreachable") });

// Sends a command, and resolves to whether it was executed
async function command(path, fields) {
  const answer = await session.command(path, fields);
  if (answer.status === 401) askForPassword();
  else if (!answer.ok) toast(reason(answer));
  return answer.ok;
}

// What parts and views need of the page
const page = { command, toast, failed };
const controls = new Controls(command);

function add(loaded) {
  Object.assign(parts, loaded);
  renderAll();
  show();
}

// Loads the part that listens in, where the owner has consented
let listening = null;
function loadListen() {
  listening ??= import("./listen.js").then(({ Listen }) => add({ listen: new Listen(failed) }));
}

// The parts beside the state, asked for once the state is
let cards = null;
function cardsLoaded() {
  cards ??= import("./cards.js").then(({ cardsOf }) => cardsOf(page));
  cards.catch(() => (cards = null)); // so that the next state loads them again
  return cards;
}

// Loads the parts that the first view does not need, once
let loading = null;
function loadParts() {
  loading ??= cardsLoaded().then(async (made) => {
    made.curve.begin(recent.scores, recent.at_s);
    made.curve.threshold(daemon?.threshold ?? null);
    add(made);
    const { partsOf } = await import("./later.js");
    add(partsOf(page, made.marks));
  });
}

const connection = new Connection(
  {
    state(fields) {
      aheadS = fields.utc_s - Date.now() / 1000;
      if (fields.recent) {
        recent = { scores: fields.recent.scores, at_s: fields.at_s };
        parts.curve?.begin(recent.scores, recent.at_s);
        hero.level(fields.recent.level);
      }
      daemon = fields;
      parts.curve?.threshold(fields.threshold);
      wasLoggedIn = true;
      renderAll();
      loadParts();
    },
    event(event) {
      if (event.event === "score") parts.curve?.add(event.score);
      if (event.event === "level_measured") hero.level(event);
      parts.curve?.draw();
    },
    link(now) {
      if (now === "live") receivedS = nowS();
      if (now === link) return;
      if (now === "lost") loadParts();
      link = now;
      render();
    },
    login: askForPassword,
  },
  session,
  "api/events",
);

function askForPassword() {
  connection.stop();
  loginShown = true;
  daemon = null;
  link = "connecting";
  document.body.dataset.state = "unknown";
  login ??= import("./login.js").then(({ Login }) => new Login(session, reason, loggedIn));
  const again = () => {
    login = null;
    setTimeout(askForPassword, LOGIN_AGAIN_MS);
  };
  login.then((form) => form.show(wasLoggedIn), again);
  show();
}

function loggedIn() {
  wasLoggedIn = true;
  loginShown = false;
  connection.start();
  show();
  byId("state").focus();
}

function asked() {
  const name = location.hash || (location.pathname.endsWith("/rooms") ? "#rooms" : "");
  return Object.keys(VIEWS).find((each) => name.startsWith(`#${each}`)) || "now";
}

function viewOf(name) {
  const later = (error) => {
    opened[name] = null; // so that the next opening loads it again
    failed(error.message);
  };
  return (opened[name] ??= VIEWS[name]().catch(later));
}

function show() {
  const view = loginShown ? "login" : asked();
  for (const each of ["login", "now", ...Object.keys(VIEWS)]) byId(`view-${each}`).hidden = each !== view;
  for (const each of document.querySelectorAll("nav a")) {
    if (each.dataset.view === view) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
  if (loginShown) byId("nav").hidden = true;
  if (view !== shown) opened[shown]?.then((left) => left?.hide?.());
  shown = view;
  const ready = parts.alarm || view === "rooms"; // which has a stream of its own
  if (view in VIEWS && ready) viewOf(view).then((each) => view === shown && each?.show(daemon));
}
addEventListener("hashchange", show);

byId("open-settings").addEventListener("click", () => byId("settings").showModal());
byId("logout").addEventListener("click", async () => {
  await session.post("api/logout", {});
  wasLoggedIn = false;
  byId("settings").close();
  askForPassword();
});
byId("language").addEventListener("change", async (changed) => {
  await load(changed.target.value);
  renderAll();
  show();
});
for (const radio of document.querySelectorAll('[name="theme"]')) {
  radio.checked = radio.value === document.documentElement.dataset.theme;
  radio.addEventListener("change", () => {
    document.documentElement.dataset.theme = radio.value;
    keep("theme", radio.value);
  });
}

await load().catch(() => {});
for (const [code, { name }] of Object.entries(languages ?? {})) byId("language").append(new Option(name, code));
byId("language").value = language;
render();
show();
connection.start();
cardsLoaded();
setInterval(render, 500);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("worker.js").catch(() => {});
