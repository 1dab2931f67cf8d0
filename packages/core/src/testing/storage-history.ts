/** A seeded random history played on a storage and on memoryStorage, comparing every answer. */
import { utf8 } from "../bytes/bytes.ts";
import type { NamespaceId, ReplicaId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import type { Change, KeyRange, ReplicaState, Row, Storage, View } from "../storage.ts";
import { equal } from "./expect.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";

const NAMESPACES = [
  "https://maps.example.org",
  "app:org.example.notes",
  "masq:own",
] as NamespaceId[];
const REPLICAS = ["ffffffffffffffff", "0000000000000000", "00ff00ff00ff00ff"] as ReplicaId[];
const KEYS = [
  "a",
  "a\u0000",
  "ab",
  "b",
  "b/1",
  "b/2",
  "\u00e9",
  "\uff5e",
  "\u{1f600}",
  "z".repeat(300),
];
const NOTES = ["n", "n/1", "n/2", "other"];

/** What one random update does; computed once, so that both storages are asked the same. */
interface Step {
  readonly key: string;
  readonly other: string;
  readonly replica: ReplicaId;
  readonly stamp: Uint8Array;
  readonly value: Uint8Array | null;
  readonly note: readonly [string, Uint8Array | undefined];
  readonly keep: boolean;
  readonly fails: boolean;
}

const randomStep = (random: SeededRandom): Step => ({
  key: random.pick(KEYS),
  other: random.pick(KEYS),
  replica: random.pick(REPLICAS),
  stamp: random.bytes(1 + random.int(40)),
  value: random.int(4) === 0 ? null : random.bytes(random.int(300)),
  note: [random.pick(NOTES), random.int(3) === 0 ? undefined : random.bytes(random.int(20))],
  keep: random.int(3) === 0,
  fails: random.int(10) === 0,
});

/** Writes `key` (superseding its versions or beside them) and sometimes rewrites `other` too. */
const play =
  (step: Step) =>
  (view: View): Change<string> => {
    const held = view.rows(step.key);
    const others = step.other === step.key ? [] : view.rows(step.other);
    const counter = (view.state?.counter ?? 0) + 1;
    if (step.fails) throw new Error("this step of the history fails");
    const added: Row = {
      key: step.key,
      replica: step.replica,
      counter,
      arrival: (view.state?.arrival ?? 0) + 1,
      stamp: step.stamp,
      value: step.value,
    };
    const moved = others.slice(0, 1).map((row) => ({ ...row, arrival: added.arrival + 1 }));
    const state: ReplicaState = {
      replica: step.replica,
      counter,
      arrival: added.arrival + moved.length,
      hlc: { wall: counter * 1000, tick: counter },
      vector: new Map(view.state?.vector).set(step.replica, counter),
      held: new Map(view.state?.held).set(step.replica, counter + 1),
      digest: new Uint8Array(16).fill(counter),
      entries: held.length,
      tombstones: others.length,
      bytes: step.stamp.length,
    };
    return {
      remove: step.keep ? others.slice(0, 1) : [...held, ...others.slice(0, 1)],
      add: [added, ...moved],
      notes: [step.note],
      state,
      result: `${held.length} ${others.length} ${view.note(step.note[0])?.length ?? "none"}`,
    };
  };

/** Byte arrays of any class as plain arrays, maps as lists. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Map) return [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
};

const randomRange = (random: SeededRandom): KeyRange => {
  const bound = (): { key: Uint8Array; inclusive: boolean } => ({
    key: utf8(random.pick(KEYS)),
    inclusive: random.int(2) === 0,
  });
  return {
    ...(random.int(2) === 0 && { lower: bound() }),
    ...(random.int(2) === 0 && { upper: bound() }),
  };
};

const randomRead = (random: SeededRandom): ((storage: Storage) => Promise<unknown>) => {
  const namespace = random.pick(NAMESPACES);
  const keys = Array.from({ length: random.int(4) }, () => random.pick(KEYS));
  const options = {
    range: randomRange(random),
    reverse: random.int(2) === 0,
    limit: 1 + random.int(6),
    maxBytes: 1 + random.int(2000),
    liveOnly: random.int(2) === 0,
  };
  const after = random.int(60);
  const note = random.pick(NOTES);
  const reads: ((storage: Storage) => Promise<unknown>)[] = [
    (storage) => storage.get(namespace, keys),
    (storage) => storage.list(namespace, options),
    (storage) => storage.arrivals(namespace, after, options.limit, options.maxBytes),
    (storage) => storage.state(namespace),
    (storage) => storage.note(namespace, note),
    (storage) => storage.notes(namespace, note),
    (storage) => storage.namespaces(),
  ];
  return random.pick(reads);
};

const outcome = async (update: Promise<string>): Promise<string> => {
  try {
    return await update;
  } catch (error) {
    return `failed: ${(error as Error).message}`;
  }
};

/** Each step makes up to four updates in one turn, then compares three reads. */
export const runStorageHistory = async (
  storage: Storage,
  seed: number,
  steps: number,
): Promise<void> => {
  const random = seededRandom(seed);
  const reference = memoryStorage();
  for (let step = 0; step < steps; step += 1) {
    const what = `seed ${seed}, step ${step}`;
    const turn = Array.from({ length: 1 + random.int(4) }, () => ({
      namespace: random.pick(NAMESPACES),
      step: randomStep(random),
    }));
    const answers = (on: Storage): Promise<string[]> =>
      Promise.all(
        turn.map(({ namespace, step: played }) =>
          outcome(
            on.update(
              namespace,
              { keys: [played.key, played.other], notes: [played.note[0]] },
              play(played),
            ),
          ),
        ),
      );
    equal(await answers(storage), await answers(reference), `${what}: results of the updates`);
    for (let reads = 0; reads < 3; reads += 1) {
      const read = randomRead(random);
      equal(plain(await read(storage)), plain(await read(reference)), `${what}: a read`);
    }
  }
  await reference.close();
};
