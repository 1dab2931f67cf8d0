import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Row, type Storage } from "@masq/core";
import {
  type SeededRandom,
  MAPS,
  equal,
  sampleRow,
  sampleState,
  seededRandom,
  showRow,
} from "@masq/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteStorage } from "../../packages/node/src/sqlite/index.ts";

const ROUNDS = 14;
const SEED = 20_261_125;
const COMMITS = 700;
const key = new Uint8Array(32).fill(0x77);
const directory = mkdtempSync(join(tmpdir(), "masq-damage-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Commit {
  readonly remove: Row[];
  readonly add: Row[];
}

/** The files of an open store at one moment. */
interface Snapshot {
  readonly file: string;
  readonly commits: number;
  /** Commits that stand in the database itself and no longer in the log. */
  readonly settled: number;
  /** Sizes of the log after each commit, while it has only grown. */
  readonly ends: readonly number[];
}

/** Commits of 1 to 8 rows, some of which replace older ones. */
const makeHistory = (): Commit[] => {
  const random = seededRandom(SEED);
  const held = new Map<string, Row>();
  let arrival = 0;
  return Array.from({ length: COMMITS }, () => {
    const commit: Commit = { remove: [], add: [] };
    const keys = new Set(Array.from({ length: 1 + random.int(8) }, () => `k${random.int(3000)}`));
    for (const name of keys) {
      const before = held.get(name);
      if (before !== undefined) commit.remove.push(before);
      arrival += 1;
      const row = sampleRow(name, arrival, { value: random.bytes(random.int(500)) });
      held.set(name, row);
      commit.add.push(row);
    }
    return commit;
  });
};

const history = makeHistory();

/** All rows by arrival as they are after the first `commits` commits. */
const rowsAfter = (commits: number): string[] => {
  const rows = new Map<string, Row>();
  for (const { add } of history.slice(0, commits)) for (const row of add) rows.set(row.key, row);
  return [...rows.values()].sort((a, b) => a.arrival - b.arrival).map(showRow);
};

const kept = async (storage: Storage): Promise<{ byArrival: string[]; byKey: string[] }> => {
  const byArrival = await storage.arrivals(MAPS, 0, 10_000, 2 ** 30);
  const byKey: Row[] = [];
  let lower = { key: new Uint8Array(), inclusive: true };
  for (;;) {
    const page = await storage.list(MAPS, {
      range: { lower },
      reverse: false,
      limit: 1000,
      maxBytes: 2 ** 30,
      liveOnly: false,
    });
    byKey.push(...page);
    const last = page.at(-1);
    if (last === undefined) break;
    lower = { key: new TextEncoder().encode(last.key), inclusive: false };
  }
  byKey.sort((a, b) => a.arrival - b.arrival);
  return { byArrival: byArrival.map(showRow), byKey: byKey.map(showRow) };
};

/** Changes when the log is begun anew, which SQLite does only when all of it is in the database. */
const generation = (file: string): string => readFileSync(`${file}-wal`).toString("hex", 12, 24);

const GROWING = "growing for the first time";
const FOLDED = "just folded into the database";
const ANEW = "begun anew over an older one";
const snapshots: Record<typeof GROWING | typeof FOLDED | typeof ANEW, Snapshot[]> = {
  [GROWING]: [],
  [FOLDED]: [],
  [ANEW]: [],
};

beforeAll(async () => {
  const file = join(directory, "store.db");
  const storage = await openSqliteStorage({ file, key });
  let settled = 0;
  let current = "";
  let written = 0n;
  const ends: number[] = [];
  for (const [index, { remove, add }] of history.entries()) {
    await storage.update(MAPS, {}, () => ({
      remove,
      add,
      state: sampleState(index + 1),
      result: undefined,
    }));
    const now = generation(file);
    if (now !== current && index > 0) settled = index + 1;
    current = now;
    if (settled === 0) ends.push(statSync(`${file}-wal`).size);
    const changed = statSync(file, { bigint: true }).mtimeNs;
    const folded = changed !== written;
    written = changed;
    const kind = folded && index > 0 ? FOLDED : settled === 0 ? GROWING : ANEW;
    if (kind !== FOLDED && index % 40 !== 39) continue;
    const copy = join(directory, `at-${index}.db`);
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    snapshots[kind].push({
      file: copy,
      commits: index + 1,
      settled,
      ends: kind === GROWING ? [...ends] : [],
    });
  }
  await storage.close();
});

/** Cuts a file, or alters up to 100 bytes of it in one place. Returns where and what was done. */
const damage = (file: string, random: SeededRandom): { at: number; done: string } => {
  const bytes = readFileSync(file);
  const at = 1 + random.int(bytes.length - 1);
  if (random.int(2) === 0) {
    writeFileSync(file, bytes.subarray(0, at));
    return { at, done: `cut at ${at}` };
  }
  const length = 1 + random.int(100);
  for (const [index, byte] of random.bytes(length).entries()) {
    if (at + index < bytes.length) bytes[at + index] = (bytes[at + index] as number) ^ (byte | 1);
  }
  writeFileSync(file, bytes);
  return { at, done: `${length} bytes altered at ${at}` };
};

describe("a store whose database itself is damaged", () => {
  const rounds = 2 * ROUNDS;
  it(`is refused with what to do, or has every commit: never fewer (${rounds} places, seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    let refused = 0;
    for (let round = 0; round < rounds; round += 1) {
      const from = random.pick(snapshots[FOLDED]);
      const file = join(directory, `database-${round}.db`);
      copyFileSync(from.file, file);
      copyFileSync(`${from.file}-wal`, `${file}-wal`);
      const { done } = damage(file, random);
      const what = `round ${round}, ${from.commits} commits, ${done}`;
      const read = async (): Promise<void> => {
        const storage = await openSqliteStorage({ file, key });
        try {
          const commits = (await storage.state(MAPS))?.counter;
          const { byArrival, byKey } = await kept(storage);
          equal(commits, from.commits, what);
          equal(byArrival, rowsAfter(from.commits), `${what}: by arrival`);
          equal(byKey, rowsAfter(from.commits), `${what}: by key`);
        } finally {
          await storage.close();
        }
      };
      const refusal = await read().catch((error: unknown) => error);
      if (refusal === undefined) continue;
      expect(refusal, what).toMatchObject({
        code: "MASQ_STORAGE_DAMAGED",
        message: expect.stringContaining("Restore a backup"),
      });
      refused += 1;
    }
    expect(refused).toBeGreaterThan(rounds / 2);
  });
});

describe.each(Object.keys(snapshots) as (keyof typeof snapshots)[])(
  "a store whose log, %s, is damaged",
  (kind) => {
    it(`opens to all commits up to some one, with none lost that stood before the damage (${ROUNDS} places, seed ${SEED})`, async () => {
      const random = seededRandom(SEED + kind.length);
      expect(snapshots[kind].length).toBeGreaterThan(0);
      let shorter = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const from = random.pick(snapshots[kind]);
        const file = join(directory, `${kind.replaceAll(" ", "-")}-${round}.db`);
        copyFileSync(from.file, file);
        copyFileSync(`${from.file}-wal`, `${file}-wal`);
        const { at, done } = damage(`${file}-wal`, random);
        const what = `${kind}, round ${round}, ${from.commits} commits, ${done}`;
        const storage = await openSqliteStorage({ file, key });
        try {
          const commits = (await storage.state(MAPS))?.counter ?? 0;
          const { byArrival, byKey } = await kept(storage);
          equal(byArrival, rowsAfter(commits), `${what}: by arrival`);
          equal(byKey, rowsAfter(commits), `${what}: by key`);
          equal(await storage.quickCheck(), "ok", what);
          const untouched = from.settled + from.ends.filter((end) => end <= at).length;
          expect(commits, what).toBeGreaterThanOrEqual(untouched);
          expect(commits, what).toBeLessThanOrEqual(from.commits);
          if (commits < from.commits) shorter += 1;
        } finally {
          await storage.close();
        }
      }
      // What has been folded into the database no longer depends on the log; otherwise the damage must have told.
      if (kind === FOLDED) expect(shorter).toBe(0);
      else expect(shorter).toBeGreaterThan(0);
    });
  },
);
