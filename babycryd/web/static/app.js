// The page: puts its parts together, and shows each new state.
import { Connection } from "./connection.js";
import { Controls } from "./controls.js";
import { Curve } from "./curve.js";
import { Hero } from "./hero.js";
import { Marks } from "./marks.js";
import { Session } from "./session.js";
import { keep, language, languages, load, say } from "./words.js";

const TOAST_MS = 5000;
const VIEWS = ["nights", "clips", "settings"];
const byId = (id) => document.getElementById(id);
const session = new Session();
const hero = new Hero();
const curve = new Curve();
let parts = null; // of later.js, once they are loaded
let daemon = null; // its last state, the fields of api/state
let link = "connecting";
let receivedS = 0; // time of the last message, by the daemon's clock
let aheadS = 0; // the daemon's clock minus ours
let wasLoggedIn = false;
let loginShown = false;

const nowS = () => Date.now() / 1000 + aheadS;

function render() {
  byId("link").dataset.link = link;
  const text = say(link === "live" ? "page.live" : link === "lost" ? "page.lost" : "page.connecting");
  if (byId("link-text").textContent !== text) byId("link-text").textContent = text;
  hero.show(daemon, link, nowS(), receivedS);
  if (daemon) controls.cry(daemon, link === "live" ? nowS() : receivedS);
  for (const control of document.querySelectorAll(".controls button, .controls input, .controls select, #marks button, .episodes .row button")) {
    control.disabled = link !== "live";
  }
  parts?.alarm.show(daemon, link, nowS() - receivedS);
  curve.draw();
}

function renderAll() {
  if (daemon) {
    controls.show(daemon, nowS());
    for (const each of ["sounds", "calms", "listen", "tonight"]) parts?.[each].show(daemon);
    if (daemon.first_start) settings("offer");
    byId("room").textContent = daemon.room || say("page.name");
    byId("version").textContent = `babycryd ${daemon.version}`;
    byId("nav").hidden = !(daemon.remembers.nights || daemon.remembers.clips);
    document.querySelector('[data-view="clips"]').hidden = !daemon.remembers.clips;
    document.querySelector('[data-view="nights"]').hidden = !daemon.remembers.nights;
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

async function command(path, fields) {
  let answer = await session.post(path, fields);
  if (answer.status === 403 && (await session.check().catch(() => false))) answer = await session.post(path, fields);
  if (answer.status === 401) askForPassword();
  else if (!answer.ok) toast(reason(answer));
  return answer.ok;
}

const settings = (what) => import("./settings.js").then((each) => each.settingsOf(session)[what]());
const marks = new Marks(command, toast);
const controls = new Controls(command, marks);

// Loads the parts that the first view does not need, once
let loading = null;
function loadParts() {
  loading ??= import("./later.js").then(({ partsOf }) => {
    parts = partsOf({ command, toast, failed, marks });
    renderAll();
    show();
  });
}

const connection = new Connection(
  {
    state(fields) {
      aheadS = fields.utc_s - Date.now() / 1000;
      if (fields.recent) {
        curve.begin(fields.recent.scores, fields.at_s);
        hero.level(fields.recent.level);
      }
      daemon = fields;
      curve.threshold(fields.threshold);
      wasLoggedIn = true;
      renderAll();
      loadParts();
    },
    event(event) {
      if (event.event === "score") curve.add(event.score);
      if (event.event === "level_measured") hero.level(event);
      curve.draw();
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
);

function askForPassword() {
  connection.stop();
  loginShown = true;
  daemon = null;
  link = "connecting";
  byId("login-why").textContent = say(wasLoggedIn ? "page.login.ended" : "page.login.why");
  if (session.advice) byId("login-error").textContent = say(`page.remedy.${session.advice}`);
  document.body.dataset.state = "unknown";
  show();
  byId("password").focus();
}

byId("login").addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  const answer = await session.post("api/login", { password: byId("password").value });
  byId("password").value = "";
  if (answer.ok) {
    byId("login-error").textContent = "";
    wasLoggedIn = true;
    loginShown = false;
    connection.start();
    show();
    byId("state").focus();
  } else if (answer.status === 429) byId("login-error").textContent = say("page.login.wait", { n: answer.wait });
  else if (answer.status === 403 && !answer.advice) byId("login-error").textContent = say("page.login.wrong");
  else byId("login-error").textContent = reason(answer);
});

function show() {
  const view = VIEWS.find((each) => location.hash.startsWith(`#${each}`)) || "now";
  byId("view-login").hidden = !loginShown;
  for (const each of ["now", ...VIEWS]) byId(`view-${each}`).hidden = loginShown || each !== view;
  for (const each of document.querySelectorAll("nav a")) {
    if (each.dataset.view === view) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
  if (loginShown) byId("nav").hidden = true;
  else if (view === "nights") parts?.nights.show(daemon?.remembers.clips);
  else if (view === "clips") parts?.clips.show();
  else if (view === "settings") settings("show");
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
setInterval(render, 500);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("worker.js").catch(() => {});
