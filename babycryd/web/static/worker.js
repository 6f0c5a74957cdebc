// Lets the page open without a network. It keeps the page only, never what the nursery said: what is old is not shown.
const SHELL = [
  "./", "theme.js", "style.css", "app.js", "clips.js", "connection.js", "controls.js", "curve.js", "hero.js", "nights.js",
  "session.js", "words.js", "manifest.webmanifest", "icon.svg", "icon-180.png", "words/en.json", "words/de.json",
  "words/es.json", "words/fr.json",
];
const STORE = "babycryd-shell";
const here = new URL("./", self.location);
const kept = new Set(SHELL.map((path) => new URL(path, here).pathname));

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== here.origin || !kept.has(url.pathname)) return;
  event.respondWith(fresh(event.request, url));
});

// The network first: an update is seen at once
async function fresh(request, url) {
  const store = await caches.open(STORE);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(4000) });
    if (answer.ok) await store.put(url.pathname, answer.clone());
    return answer;
  } catch (error) {
    const old = await store.match(url.pathname);
    if (old) return old;
    throw error;
  }
}
