// Service worker: caches the files of the page, so that it opens without a network, and shows what Web Push brings. It
// caches no state and no record.
const PAGE = []; // the paths of the files: the server puts them in
const STORE = "babycryd-shell";
const here = new URL("./", self.location);
const cached = new Set(PAGE.map((path) => new URL(path, here).pathname));

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== here.origin || !cached.has(url.pathname)) return;
  event.respondWith(fresh(event.request, url));
});

async function fill() {
  await (await caches.open(STORE)).addAll(PAGE);
}

// The network first, so that an update shows at once
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

self.addEventListener("push", (event) => event.waitUntil(tell(event.data.json())));

// A message that comes twice, or again for the same alert, takes the place of the one before it
async function tell({ id, alert, title, text, urgency, button }) {
  const shown = await self.registration.getNotifications({ tag: alert });
  const alarming = urgency === "high" && !shown.some((each) => each.data.id === id);
  await self.registration.showNotification(title, {
    body: text,
    tag: alert,
    data: { id },
    icon: "icon-180.png",
    renotify: alarming,
    silent: !alarming,
    requireInteraction: alarming,
    ...(alarming ? { vibrate: [300, 150, 300, 150, 300] } : {}),
    actions: button ? [{ action: "acknowledge", title: button }] : [],
  });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(event.action === "acknowledge" ? acknowledge() : open());
});

async function acknowledge() {
  const session = await (await fetch("api/session", { cache: "no-store" })).json();
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": session.csrf ?? "" };
  const answer = await fetch("api/alert/ack", { method: "POST", headers, body: "{}" });
  if (answer.status === 401) await open();
}

async function open() {
  const [page] = await self.clients.matchAll({ type: "window" });
  await (page ? page.focus() : self.clients.openWindow("./"));
}
