import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ErrorCode, MasqError, type Row } from "@masq/core";
import {
  MAPS,
  REPLICA_A,
  REPLICA_B,
  sampleRow,
  sampleState,
  seededRandom,
  showRow,
  storageCases,
} from "@masq/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import type { Database } from "./driver.ts";
import { openDatabase } from "./open-database.ts";
import { MIGRATIONS, type Migration } from "./schema.ts";
import { type SqliteStorage, openSqliteStorage } from "./sqlite-storage.ts";

const root = mkdtempSync(join(tmpdir(), "masq-sqlite-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let directories = 0;
const newFile = (): string => {
  directories += 1;
  const directory = join(root, String(directories));
  mkdirSync(directory);
  return join(directory, "store.db");
};

const key = Uint8Array.from({ length: 32 }, (_, index) => (index * 91 + 7) % 256);
const otherKey = new Uint8Array(32).fill(1);
const everything = {
  range: {},
  reverse: false,
  limit: 1000,
  maxBytes: 2 ** 30,
  liveOnly: false,
} as const;

const add = (storage: SqliteStorage, ...rows: Row[]): Promise<void> =>
  storage.update(MAPS, {}, () => ({ add: rows, state: sampleState(1), result: undefined }));

/** A closed store with 200 rows. */
const filledFile = async (): Promise<string> => {
  const file = newFile();
  const storage = await openSqliteStorage({ file, key });
  const rows = Array.from({ length: 200 }, (_, index) => sampleRow(`place/${index}`, index + 1));
  await add(storage, ...rows);
  await storage.close();
  return file;
};

const shownRows = async (storage: SqliteStorage): Promise<string[]> =>
  (await storage.list(MAPS, everything)).map(showRow);

const failure = async (promise: Promise<unknown>): Promise<MasqError> => {
  const error: unknown = await promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MasqError);
  return error as MasqError;
};

const refusal = async (promise: Promise<unknown>): Promise<ErrorCode> =>
  (await failure(promise)).code;

describe("SQLite storage", () => {
  for (const { name, run } of storageCases) {
    it(name, () =>
      run(() => {
        const file = newFile();
        const open = (): Promise<SqliteStorage> => openSqliteStorage({ file, key });
        return { open, reopen: open };
      }),
    );
  }

  it("refuses alone a change whose rows the engine cannot take", async () => {
    const storage = await openSqliteStorage({ file: newFile(), key });
    const broken = { ...sampleRow("broken", 2), stamp: true } as unknown as Row;
    const calls = [
      add(storage, sampleRow("a", 1)),
      add(storage, sampleRow("half", 9), broken),
      add(storage, sampleRow("b", 3)),
    ];
    expect(await refusal(calls[1] as Promise<void>)).toBe("MASQ_INTERNAL");
    await Promise.all([calls[0], calls[2]]);
    expect((await storage.list(MAPS, everything)).map((row) => row.key)).toEqual(["a", "b"]);
    await storage.close();
  });

  it("refuses it alone among so many calls that their rows are written together", async () => {
    const storage = await openSqliteStorage({ file: newFile(), key });
    const twice = sampleRow("k10", 11);
    const broken = new Map([
      [3, { ...sampleRow("k3", 4), stamp: true } as unknown as Row],
      [30, { ...twice, arrival: 31 }],
    ]);
    const calls = Array.from({ length: 40 }, (_, index) =>
      add(storage, broken.get(index) ?? sampleRow(`k${index}`, index + 1)),
    );
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.flatMap(({ status }, index) => (status === "rejected" ? [index] : []));
    expect(refused).toEqual([...broken.keys()]);
    expect(await storage.arrivals(MAPS, 0, 100, Infinity)).toHaveLength(38);
    await storage.close();
  });

  it("shows each change of a group what those before it have added and removed", async () => {
    const storage = await openSqliteStorage({ file: newFile(), key });
    let counter = 0;
    const seen: number[][] = [];
    const replace = (names: readonly string[]): Promise<undefined> =>
      storage.update(MAPS, { keys: names }, (view) => {
        const held = names.flatMap((name) => view.rows(name));
        seen.push(held.map((row) => row.counter));
        const added = names.map((name) => sampleRow(name, (counter += 1)));
        return { remove: held, add: added, result: undefined };
      });
    const many = Array.from({ length: 20 }, (_, index) => `many/${index}`);
    await Promise.all([
      replace(["k"]),
      replace(["k"]),
      replace(["k"]),
      replace(many),
      replace(many),
    ]);
    expect(seen).toEqual([[], [1], [2], [], many.map((_, index) => 4 + index)]);
    expect(await storage.arrivals(MAPS, 0, 100, Infinity)).toHaveLength(1 + many.length);
    await storage.close();
  });

  it("commits more calls and more bytes than one transaction takes", async () => {
    const storage = await openSqliteStorage({ file: newFile(), key });
    const large = new Uint8Array(1024 * 1024);
    const calls = Array.from({ length: 5000 }, (_, index) =>
      add(storage, sampleRow(`${index}`, index + 1, index % 250 === 0 ? { value: large } : {})),
    );
    await Promise.all(calls);
    const last = await storage.arrivals(MAPS, 4999, 10, 1000);
    expect(last.map((row) => row.key)).toEqual(["4999"]);
    await storage.close();
  });

  it("reads and writes many keys of one change as it does few, siblings and all", async () => {
    const storage = await openSqliteStorage({ file: newFile(), key });
    const random = seededRandom(5);
    let expected = new Map<string, string[]>();
    let counter = 0;
    for (const size of [1, 15, 16, 17, 100, 333, 1000]) {
      const keys = Array.from({ length: size }, () => `key ${random.int(400)}`);
      const distinct = [...new Set(keys)];
      const addedRows = keys.map((name) => {
        counter += 1;
        return sampleRow(name, counter, { replica: random.pick([REPLICA_A, REPLICA_B]) });
      });
      const seen = await storage.update(MAPS, { keys: distinct }, (view) => ({
        add: addedRows,
        state: sampleState(counter),
        result: distinct.map((name) => view.rows(name).map(showRow)),
      }));
      expect(seen).toEqual(distinct.map((name) => expected.get(name) ?? []));
      const found = await storage.get(MAPS, [...distinct, "absent"]);
      expected = new Map(expected);
      for (const [index, rows] of found.slice(0, -1).entries()) {
        const name = distinct[index] as string;
        const added = addedRows.filter(({ key: other }) => other === name);
        expect(rows).toHaveLength((expected.get(name)?.length ?? 0) + added.length);
        const dots = rows.map(
          ({ replica, counter: count }) => `${replica} ${String(count).padStart(9)}`,
        );
        expect(dots).toEqual(dots.toSorted());
        expected.set(name, rows.map(showRow));
      }
      expect(found.at(-1)).toEqual([]);
    }
    await storage.close();
  });

  it("says whether the last process closed the store, and finds nothing wrong in a sound one", async () => {
    const file = await filledFile();
    const storage = await openSqliteStorage({ file, key });
    expect(storage.wasUnclean).toBe(false);
    await add(storage, sampleRow("left in the log", 1000));
    const copy = newFile();
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    await storage.close();
    const again = await openSqliteStorage({ file: copy, key });
    expect(again.wasUnclean).toBe(true);
    expect(await again.quickCheck()).toBe("ok");
    expect(await shownRows(again)).toHaveLength(201);
    await again.close();
  });
});

describe("the file of a store", () => {
  it("holds no key, value, note or app name in plain, open or closed", async () => {
    const file = newFile();
    const storage = await openSqliteStorage({ file, key });
    const secrets = ["confidential-key", "confidential-value", "confidential-note", "maps.example"];
    const value = new TextEncoder().encode("confidential-value");
    await storage.update(MAPS, {}, () => ({
      add: [sampleRow("confidential-key", 1, { value })],
      notes: [["confidential-note", value]],
      state: sampleState(1),
      result: undefined,
    }));
    const search = (): void => {
      const names = readdirSync(join(file, ".."));
      expect(names).toContain("store.db");
      for (const name of names) {
        const bytes = readFileSync(join(file, "..", name));
        for (const text of [...secrets, "SQLite format", "CREATE TABLE"]) {
          expect(bytes.includes(text), `${text} in ${name}`).toBe(false);
        }
        expect(bytes.includes(Buffer.from(key)), `the key in ${name}`).toBe(false);
      }
    };
    expect(readdirSync(join(file, "..")).sort()).toEqual(["store.db", "store.db-wal"]);
    search();
    await storage.close();
    expect(readdirSync(join(file, ".."))).toEqual(["store.db"]);
    search();
  });

  it("is readable by its owner alone", async () => {
    const file = newFile();
    const storage = await openSqliteStorage({ file, key });
    await add(storage, sampleRow("k", 1));
    for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    await storage.close();
  });

  it("is refused with another key, which no message repeats, and stays as it was", async () => {
    const file = await filledFile();
    const before = readFileSync(file);
    const error = await failure(openSqliteStorage({ file, key: otherKey }));
    expect(error.code).toBe("MASQ_STORAGE_DAMAGED");
    const told = `${error.message} ${error.stack} ${String((error.cause as Error).stack)}`;
    expect(told).not.toContain(Buffer.from(otherKey).toString("hex"));
    expect(readFileSync(file)).toEqual(before);
    expect(await refusal(openSqliteStorage({ file, key: key.subarray(1) }))).toBe(
      "MASQ_OPTION_INVALID",
    );
    const storage = await openSqliteStorage({ file, key });
    expect(await shownRows(storage)).toHaveLength(200);
    await storage.close();
  });

  it("is refused as damaged wherever one byte of it was altered", async () => {
    const file = await filledFile();
    const sound = readFileSync(file);
    const pages = sound.length / 4096;
    for (let page = 0; page < pages; page += 1) {
      const bytes = Buffer.from(sound);
      const at = page * 4096 + 100 + ((page * 997) % 3900);
      bytes[at] = (bytes[at] as number) ^ 0x10;
      writeFileSync(file, bytes);
      const code = await refusal(
        openSqliteStorage({ file, key }).then(async (storage) => {
          try {
            await shownRows(storage);
            await storage.arrivals(MAPS, 0, 1000, 2 ** 30);
            await storage.state(MAPS);
            expect(await storage.quickCheck(), `page ${page}`).not.toBe("ok");
            throw new MasqError("MASQ_STORAGE_DAMAGED", "only the check noticed");
          } finally {
            await storage.close();
          }
        }),
      );
      expect(code, `page ${page}`).toBe("MASQ_STORAGE_DAMAGED");
    }
  });

  it("is refused when it is no store at all, or cannot be made", async () => {
    const file = newFile();
    writeFileSync(file, "a text that someone put here by mistake. ".repeat(200));
    expect(await refusal(openSqliteStorage({ file, key }))).toBe("MASQ_STORAGE_DAMAGED");
    const foreign = newFile();
    const strange: Migration = (database) => database.exec("CREATE TABLE stranger(id)");
    openDatabase({ file: foreign, key, migrations: [strange] }).database.close();
    alter(foreign, (database) => database.pragma("application_id = 7"));
    expect(await refusal(openSqliteStorage({ file: foreign, key }))).toBe("MASQ_STORAGE_DAMAGED");
    const nowhere = join(root, "absent", "store.db");
    expect(await refusal(openSqliteStorage({ file: nowhere, key }))).toBe("MASQ_STORAGE_FAILED");
  });

  it("is locked while another has it open", async () => {
    const file = await filledFile();
    const storage = await openSqliteStorage({ file, key });
    expect(await refusal(openSqliteStorage({ file, key }))).toBe("MASQ_STORAGE_LOCKED");
    await add(storage, sampleRow("still writable", 1000));
    await storage.close();
    await (await openSqliteStorage({ file, key })).close();
  });
});

/** Opens with the migrations of this version and lets `change` do what it likes. */
const alter = (file: string, change: (database: Database) => void): void => {
  const { database } = openDatabase({ file, key, migrations: MIGRATIONS });
  change(database);
  database.close();
};

describe("the format of a store", () => {
  const second: Migration = (database) => {
    database.exec("ALTER TABLE version ADD COLUMN extra INTEGER NOT NULL DEFAULT 5");
    database.exec("CREATE TABLE later(id INTEGER PRIMARY KEY)");
  };

  it("is raised by a later migration with all data kept", async () => {
    const file = await filledFile();
    const storage = await openSqliteStorage({ file, key, migrations: [...MIGRATIONS, second] });
    expect(await shownRows(storage)).toHaveLength(200);
    await add(storage, sampleRow("new", 1000));
    await storage.close();
    const { database } = openDatabase({ file, key, migrations: [...MIGRATIONS, second] });
    expect(database.pragma("user_version", { simple: true })).toBe(2);
    expect(database.prepare("SELECT sum(extra) FROM version").pluck().get()).toBe(201 * 5);
    database.close();
  });

  it("stays at version 1, data and all, when the migration fails half-way", async () => {
    const file = await filledFile();
    const failing: Migration = (database) => {
      second(database);
      database.exec("DELETE FROM version");
      database.exec("INSERT INTO nowhere VALUES (1)");
    };
    const migrations = [...MIGRATIONS, failing];
    expect(await refusal(openSqliteStorage({ file, key, migrations }))).toBe("MASQ_STORAGE_FAILED");
    const storage = await openSqliteStorage({ file, key });
    expect(await shownRows(storage)).toHaveLength(200);
    await storage.close();
    alter(file, (database) => {
      expect(database.pragma("user_version", { simple: true })).toBe(1);
      expect(() => database.exec("SELECT * FROM later")).toThrow();
    });
  });

  it("is left alone, byte for byte, when it is newer than this version", async () => {
    const file = await filledFile();
    alter(file, (database) => database.pragma("user_version = 9"));
    const before = readFileSync(file);
    expect(await refusal(openSqliteStorage({ file, key }))).toBe("MASQ_STORAGE_NEWER");
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(join(file, ".."))).toEqual(["store.db"]);
  });
});
