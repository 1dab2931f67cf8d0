// Keeps the app's own files, so that it opens without a network. It touches nothing else: no data, no other origin.
const CACHE = "favourites-" + "VERSION";
const FILES = ["FILES"];
/** Says where the devices meet: it may change while the files stay, so the kept one is for times without a network. */
const CONFIGURATION = "/config.json";

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE);
    // Past the browser's own cache: a version is kept whole or not at all.
    await cache.addAll(
      [...FILES, CONFIGURATION].map((file) => new Request(file, { cache: "reload" })),
    );
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const takeOver = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("favourites-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(takeOver());
});

const keptFirst = async (request, pathname) => {
  const kept = await (await caches.open(CACHE)).match(pathname);
  return kept ?? fetch(request);
};

const newestFirst = async (request) => {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(CONFIGURATION, response.clone());
    return response;
  } catch {
    return (await cache.match(CONFIGURATION)) ?? Response.error();
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === CONFIGURATION) event.respondWith(newestFirst(request));
  else if (FILES.includes(pathname)) event.respondWith(keptFirst(request, pathname));
});
