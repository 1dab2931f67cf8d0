/**
 * Three apps of one person share their places through the store on this computer: one loads the towns of the world,
 * one watches, one edits, and the store is restarted while they do. `--check` ends with 0 only if every check held.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MasqClient, type Entry } from "@masq/client";
import { startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { loadPlaces, type Place, type PlaceEntry } from "./data-set.ts";
import { check, count, failedChecks, heading, median, progress, seconds, tell } from "./report.ts";

const APP_ID = "org.example.places";
const BATCH = 1000;
const BATCHES_UNDER_WAY = 4;
const EDITS = 300;

const isCheck = process.argv.includes("--check");
const directory = await mkdtemp(join(tmpdir(), "masq-places-"));
const dataDirectory = join(directory, "store");

const connect = (name: string, port: number): Promise<MasqClient> =>
  MasqClient.connect({
    app: { name, id: APP_ID },
    directory: join(directory, name),
    store: { url: `ws://127.0.0.1:${port}` },
    onConsent: () => {},
  });

/** Writes all places in batches, a few of them under way at a time. */
const load = async (client: MasqClient, places: readonly PlaceEntry[]): Promise<void> => {
  const show = progress(places.length, "places");
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < places.length) {
      const part = places.slice(next, next + BATCH);
      next += part.length;
      await client.batch(part.map(({ key, value }) => ({ op: "put", key, value })));
      done += part.length;
      show(done);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_UNDER_WAY }, work));
};

/** The part of a place that the third app edits. */
type Note = { readonly note?: string };

/** What a watcher has been told, and when each note of the editor reached it. */
interface Seen {
  readonly noteAt: Map<string, number>;
  readonly entryByKey: Map<string, Entry>;
  calls: number;
}

const follow = (client: MasqClient): Seen => {
  const seen: Seen = { noteAt: new Map(), entryByKey: new Map(), calls: 0 };
  client.watch("place/", (changes) => {
    seen.calls += 1;
    for (const change of changes) {
      seen.entryByKey.set(change.key, change);
      const note = (change.value as Note | undefined)?.note;
      if (note !== undefined) seen.noteAt.set(note, performance.now());
    }
  });
  return seen;
};

/** Edits places one after the other; resolves with the moment each edit was made. */
const edit = async (
  client: MasqClient,
  places: readonly PlaceEntry[],
  label: string,
  atHalf: () => void,
): Promise<Map<string, number>> => {
  const madeAt = new Map<string, number>();
  for (let index = 0; index < EDITS; index += 1) {
    if (index === EDITS / 2) atHalf();
    const { key, value } = places[(index * 97) % places.length] as PlaceEntry;
    const note = `${label} ${index}`;
    madeAt.set(note, performance.now());
    await client.put(key, { ...value, note });
  }
  return madeAt;
};

/** A last put after all others: once the watcher has it, it has everything before. */
const settle = async (editor: MasqClient, watcher: MasqClient): Promise<void> => {
  const key = `marker/${performance.now()}`;
  const arrived = new Promise<void>((resolve) => {
    const stop = watcher.watch({ key }, () => {
      stop();
      resolve();
    });
  });
  // A read behind the watch: once it is answered, the watch is in place.
  await watcher.get(key);
  await editor.put(key, true);
  await arrived;
};

const delays = (madeAt: ReadonlyMap<string, number>, seen: Seen): number[] =>
  [...madeAt].map(([note, made]) => (seen.noteAt.get(note) ?? Infinity) - made);

const timed = async <Result>(work: () => Promise<Result>): Promise<[Result, number]> => {
  const started = performance.now();
  return [await work(), performance.now() - started];
};

let store: StoreProcess | undefined;

const story = async (): Promise<void> => {
  heading("A store starts");
  const [first, startTime] = await timed(() =>
    startStoreProcess({ directory: dataDirectory, allow: [APP_ID] }),
  );
  store = first;
  tell(
    `process ${first.pid} listens on ${first.url} after ${seconds(startTime)}; data in ${dataDirectory}`,
  );
  const loader = await connect("Loader", first.port);
  const watcher = await connect("Watcher", first.port);
  const editor = await connect("Editor", first.port);
  const seen = follow(watcher);

  heading("The first app loads the towns of the world");
  const places = loadPlaces();
  const [, loadTime] = await timed(() => load(loader, places));
  await settle(loader, watcher);
  tell(
    `${seconds(loadTime)}, ${count(places.length / (loadTime / 1000))} places a second, each batch durable before the next`,
  );
  check(
    (await loader.status()).entries === places.length + 1,
    `the store holds ${count(places.length)} places`,
  );
  check(
    seen.entryByKey.size === places.length,
    `the second app was told of every one of them, in ${count(seen.calls)} calls`,
  );

  heading("The third app edits, the second watches");
  const madeAt = await edit(editor, places, "note", () => {});
  await settle(editor, watcher);
  const live = delays(madeAt, seen);
  check(live.every(Number.isFinite), `all ${EDITS} edits arrived`);
  tell(`from put to watch, durable in between: median ${median(live).toFixed(1)} ms`);

  heading("The store is restarted in the middle of further edits");
  let restarted: Promise<number> | undefined;
  const restart = async (): Promise<number> => {
    const began = performance.now();
    await first.stop();
    store = await startStoreProcess({
      directory: dataDirectory,
      port: first.port,
      allow: [APP_ID],
    });
    return performance.now() - began;
  };
  const madeOver = await edit(editor, places, "late note", () => (restarted = restart()));
  const away = await (restarted as Promise<number>);
  await settle(editor, watcher);
  tell(`stopped and started again in ${seconds(away)}; the apps waited and went on by themselves`);
  check(
    delays(madeOver, seen).every(Number.isFinite),
    `all ${EDITS} edits arrived, none was lost, none had to be repeated`,
  );

  heading("Both look at what they have");
  const [listed, listTime] = await timed(() => loader.list({ prefix: "place/" }));
  tell(`${count(listed.length)} places listed in ${seconds(listTime)}`);
  const isSame = ({ key, version }: Entry): boolean =>
    seen.entryByKey.get(key)?.version === version;
  check(
    listed.length === places.length && listed.every(isSame),
    "what was watched and what is stored agree, entry by entry",
  );
  const untouched = [...seen.entryByKey.values()].find(
    ({ value }) => (value as Note).note === undefined,
  ) as Entry;
  const { name } = (await editor.get(untouched.key)) as Place;
  const original = places.find(({ key }) => key === untouched.key);
  check(name === original?.value.name, `${name} is where it was`);
  check(
    listed.every(({ conflict }) => !conflict),
    "nobody overwrote what they had not seen: no conflicts",
  );
  for (const client of [loader, watcher, editor]) await client.close();
};

const suggestions = (): void => {
  const at = `--data-dir ${dataDirectory}`;
  heading("The store stays up. Try, in another terminal:");
  tell(`npx masq status ${at}`);
  tell(`npx masq apps ${at}`);
  tell(`npx masq data list ${APP_ID} --prefix place/FR/ --limit 5 ${at}`);
  tell(`npx masq data export ${APP_ID} ${at} > places.jsonl`);
  tell(`npx masq doctor ${at}`);
  tell("Ctrl-C ends the store and removes its directory.");
};

const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });

try {
  await story();
  if (!isCheck) {
    suggestions();
    await untilInterrupted();
  }
} finally {
  await store?.stop();
  await rm(directory, { recursive: true, force: true });
}

heading(failedChecks() === 0 ? "Every check held." : `${failedChecks()} checks did not hold.`);
process.exitCode = failedChecks() === 0 ? 0 : 1;
