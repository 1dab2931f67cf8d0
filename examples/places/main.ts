/**
 * One person, two computers: the laptop's app loads the towns of the world, the desktop's sees them, both edit, also
 * while they cannot reach each other. Then a page that holds its data itself is served, for a browser and a phone. Sync
 * service, stores and the page's server are processes of their own. `--check` ends with 0 only if every check held.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MasqClient } from "@masq/client";
import { pairStores, runMasq, startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import {
  APP_ID,
  connect,
  connection,
  delays,
  edit,
  followNotes,
  load,
  verified,
  type Note,
} from "./apps.ts";
import { loadPlaces, type Place, type PlaceEntry } from "./data-set.ts";
import { askFor, profileCommands, serveFavourites, type Served } from "./favourites.ts";
import {
  check,
  count,
  failedChecks,
  heading,
  median,
  megabytes,
  progress,
  seconds,
  tell,
} from "./report.ts";
import { openTap, type Tap } from "./tap.ts";

const EDITS = 200;
const CONFLICTS = 20;
const FAVOURITES_PORT = 16_279;
const KNOWN_WORD = "masq.relay.1";

const isCheck = process.argv.includes("--check");
const directory = await mkdtemp(join(tmpdir(), "masq-places-"));
const laptopDirectory = join(directory, "laptop");
const desktopDirectory = join(directory, "desktop");

const timed = async <Result>(work: () => Promise<Result>): Promise<[Result, number]> => {
  const started = performance.now();
  return [await work(), performance.now() - started];
};

const everythingRunning: { stop(): Promise<void> }[] = [];

const start = async (): Promise<{
  readonly service: SyncServiceProcess;
  readonly tap: Tap;
  readonly laptop: StoreProcess;
  readonly desktop: StoreProcess;
}> => {
  heading("A sync service and two stores start");
  const service = await startSyncServiceProcess();
  everythingRunning.push(service);
  const tap = await openTap(service.port, [KNOWN_WORD, "place/", "org.example", "Paris", "London"]);
  everythingRunning.push({ stop: async () => tap[Symbol.asyncDispose]() });
  const startStore = async (name: string, at: string): Promise<StoreProcess> => {
    const store = await startStoreProcess({ directory: at, allow: [APP_ID], syncService: tap.url });
    everythingRunning.push(store);
    tell(`${name}: process ${store.pid} listens on ${store.url}`);
    return store;
  };
  tell(`sync service: process ${service.pid} at ${service.url}`);
  const laptop = await startStore("laptop", laptopDirectory);
  const desktop = await startStore("desktop", desktopDirectory);
  return { service, tap, laptop, desktop };
};

/** What both hold, key by key: the version names every sibling. */
const versions = async (client: MasqClient): Promise<Map<string, string>> =>
  new Map((await client.list({ prefix: "place/" })).map(({ key, version }) => [key, version]));

const isSame = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([key, version]) => b.get(key) === version);

const nameStore = async (at: string, name: string): Promise<void> => {
  const { devices } = (await runMasq(at, "devices")) as {
    devices: { id: string; isOwn: boolean }[];
  };
  const own = devices.find(({ isOwn }) => isOwn);
  if (own === undefined) throw new Error("A store is the first of its own devices.");
  await runMasq(at, "devices", "rename", own.id, name);
};

/** Resolves with where devices meet. */
const story = async (): Promise<string> => {
  const { service, tap, laptop, desktop } = await start();

  heading("The laptop invites, the desktop joins by the link");
  const [, pairTime] = await timed(() => pairStores(laptopDirectory, desktopDirectory));
  tell(`paired after ${seconds(pairTime)}; the link is used up`);
  // Both go by this computer's name until they are told apart.
  await nameStore(laptopDirectory, "laptop");
  await nameStore(desktopDirectory, "desktop");
  const onLaptop = await connect("Loader", join(directory, "loader"), laptop.port);
  const onDesktop = await connect("Watcher", join(directory, "watcher"), desktop.port);

  heading("The laptop's app loads the towns of the world");
  const places = loadPlaces();
  const [, loadTime] = await timed(() => load(onLaptop, places));
  tell(`durable on the laptop after ${seconds(loadTime)}`);
  const show = progress(places.length, "places verified or sent");
  const [, restTime] = await timed(() =>
    verified(onLaptop, (toSend) => show(Math.max(0, places.length - toSend))),
  );
  tell(`the desktop holds and has verified all of them ${seconds(restTime)} later`);
  check(
    isSame(await versions(onLaptop), await versions(onDesktop)),
    "both hold the same, entry by entry",
  );

  heading("Live changes, both ways");
  await live(onLaptop, onDesktop, places, "from the laptop");
  await live(onDesktop, onLaptop, places, "from the desktop");

  await restarted(laptop, tap, onLaptop, onDesktop, places);
  await offline(tap, onLaptop, onDesktop, places);

  heading("What the sync service got to see");
  tell(
    `${megabytes(tap.bytes)} in all, sealed by the devices; ${count(places.length)} places and all edits`,
  );
  check(
    tap.found.has(KNOWN_WORD),
    `the search finds what is in clear: the protocol's name, ${KNOWN_WORD}`,
  );
  check(tap.found.size === 1, "it finds no key, no app and no place");
  for (const client of [onLaptop, onDesktop]) await client.close();
  return service.url;
};

const live = async (
  from: MasqClient,
  to: MasqClient,
  places: readonly PlaceEntry[],
  label: string,
): Promise<void> => {
  const seenAt = followNotes(to);
  // A read behind the watch: once it is answered, the watch is in place.
  await to.get("place/");
  const [madeAt, time] = await timed(() =>
    edit(from, places, { label, count: EDITS, until: "device" }),
  );
  const all = delays(madeAt, seenAt);
  check(all.every(Number.isFinite), `${EDITS} edits ${label} arrived`);
  tell(
    `from put to the other's watch, durable on both: median ${median(all).toFixed(1)} ms; ${count(EDITS / (time / 1000))} a second, each acknowledged by the other before the next`,
  );
};

/** The laptop's store goes away and comes back while its app goes on editing; the app only waits. */
const restarted = async (
  laptop: StoreProcess,
  tap: Tap,
  onLaptop: MasqClient,
  onDesktop: MasqClient,
  places: readonly PlaceEntry[],
): Promise<void> => {
  heading("The laptop's store is restarted while its app goes on editing");
  const seenAt = followNotes(onDesktop);
  await onDesktop.get("place/");
  const label = "over a restart";
  const editing = edit(onLaptop, places.slice(2000), { label, count: EDITS, until: "device" });
  const [, away] = await timed(async () => {
    await laptop.stop();
    const { port } = laptop;
    const options = { directory: laptopDirectory, port, allow: [APP_ID], syncService: tap.url };
    everythingRunning.push(await startStoreProcess(options));
  });
  const madeAt = await editing;
  tell(`stopped and started again in ${seconds(away)}; the app waited and went on by itself`);
  check(
    delays(madeAt, seenAt).every(Number.isFinite),
    `all ${EDITS} edits arrived on the desktop, none was lost, none had to be repeated`,
  );
};

/** Both edit the same places while they cannot reach each other; nothing of it is lost. */
const offline = async (
  tap: Tap,
  onLaptop: MasqClient,
  onDesktop: MasqClient,
  places: readonly PlaceEntry[],
): Promise<void> => {
  heading("The cable is pulled; both go on editing, some of it the same places");
  tap.setOpen(false);
  await Promise.all([connection(onLaptop, false), connection(onDesktop, false)]);
  const same = places.slice(0, CONFLICTS);
  await edit(onLaptop, same, { label: "laptop offline", count: CONFLICTS });
  await edit(onDesktop, same, { label: "desktop offline", count: CONFLICTS });
  await edit(onLaptop, places.slice(1000), { label: "only the laptop", count: EDITS });
  tap.setOpen(true);
  const [, time] = await timed(() => Promise.all([verified(onLaptop), verified(onDesktop)]));
  tell(
    `together again, and verified, ${seconds(time)} after it is back (devices wait a little, each by chance)`,
  );
  check(isSame(await versions(onLaptop), await versions(onDesktop)), "both hold the same again");
  const [place] = same as [PlaceEntry];
  const siblings = await onDesktop.conflicts(place.key);
  const notes = siblings.map(({ value }) => (value as Note).note);
  tell(`${place.value.name} was edited on both: ${notes.map((note) => `“${note}”`).join(" and ")}`);
  check(notes.length === 2, "both edits are kept, and every device shows the same one first");
  const before = await onLaptop.list({ prefix: "place/" });
  check(
    before.filter(({ conflict }) => conflict).length === CONFLICTS,
    `exactly the ${CONFLICTS} places edited on both sides are marked`,
  );
  const shown = (await onDesktop.get(place.key)) as Place;
  await onDesktop.put(place.key, { ...shown, note: notes.join(", ") }, { until: "device" });
  const merged = await onLaptop.getEntry(place.key);
  check(merged?.conflict === false, "a put that has seen both settles it, on both computers");
};

/** Undefined when another program has the port, which is the app's identity. */
const page = async (syncService: string): Promise<Served | undefined> => {
  heading("Favourites, an app without a store, is served");
  const served = await serveFavourites({ syncService, port: isCheck ? 0 : FAVOURITES_PORT });
  if (served === undefined) {
    tell(`it is not: something else listens on port ${FAVOURITES_PORT}, or it was not built`);
    if (isCheck) check(false, "it is served");
    return undefined;
  }
  everythingRunning.push(served);
  const answers = await askFor(served.url);
  check(answers.page, `its page is at ${served.url}`);
  check(answers.script, "its script is there");
  check(
    answers.syncService === syncService,
    "its devices are told to meet at the sync service above",
  );
  return served;
};

const tryPage = async ({ url }: Served): Promise<void> => {
  heading("One person with a laptop and a phone. Try:");
  tell(`1. Open ${url} in your browser: that is the laptop. Save a place there.`);
  tell("2. Open it once more as the phone, in a browser profile of its own:");
  for (const command of await profileCommands(join(directory, "phone"), url)) tell(`   ${command}`);
  tell(
    "3. On the laptop press “On this device only”, then “Connect another device”, and copy the link.",
  );
  tell("4. On the phone paste it into the address bar. Both show six digits: say yes on both.");
  tell("5. The place is on the phone. Save another one there, and see it come up on the laptop.");
  tell("   End the phone's browser, save more, open it again: it catches up by itself.");
};

const SUGGESTIONS: readonly (readonly [directory: string, ...command: string[]])[] = [
  ...[laptopDirectory, desktopDirectory].flatMap((at) => [
    [at, "sync", "status"] as const,
    [at, "data", "list", APP_ID, "--prefix", "place/FR/", "--limit", "5"] as const,
  ]),
  [desktopDirectory, "devices", "rename", "laptop", "attic"],
];

const suggestions = async (): Promise<void> => {
  heading("The two stores stay up. Try, in another terminal:");
  for (const [at, ...command] of SUGGESTIONS) {
    if (isCheck) await runMasq(at, ...command);
    tell(`npx masq ${command.join(" ")} --data-dir ${at}`);
  }
  if (isCheck) check(true, "these commands do what they say");
};

const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.once(signal, () => resolve());
  });

try {
  const served = await page(await story());
  await suggestions();
  if (!isCheck) {
    if (served !== undefined) await tryPage(served);
    tell("\n  Ctrl-C ends all of it and removes its directory.");
    await untilInterrupted();
  }
} finally {
  for (const one of everythingRunning.toReversed()) await one.stop();
  await rm(directory, { recursive: true, force: true });
}

heading(failedChecks() === 0 ? "Every check held." : `${failedChecks()} checks did not hold.`);
process.exitCode = failedChecks() === 0 ? 0 : 1;
