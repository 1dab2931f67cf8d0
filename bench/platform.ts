/** What the platform itself can do, with nothing of Masq's own logic: a bare WebSocket echo and bare SQLite. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { encodeReplicaState, encodeStamp, encodeValue, type ReplicaState } from "@masq/core";
import { DATABASE_KEY_BYTES, MIGRATIONS } from "@masq/node/sqlite";
import { WebSocket } from "ws";
import type { Database, Statement } from "../packages/node/src/sqlite/driver.ts";
import { openDatabase } from "../packages/node/src/sqlite/open-database.ts";
import { startChild } from "./child.ts";
import { FRAME_BYTES, type Sample } from "./samples.ts";

export interface Echo {
  /** Sends one frame of 200 bytes; resolves when it is back. */
  readonly roundTrip: () => Promise<void>;
  readonly residentMb: () => number;
  readonly stop: () => Promise<void>;
}

export const startEcho = async (): Promise<Echo> => {
  const child = await startChild<{ port: number }>(join(import.meta.dirname, "echo-child.mjs"), []);
  const webSocket = new WebSocket(`ws://127.0.0.1:${child.ready.port}`, {
    perMessageDeflate: false,
  });
  await once(webSocket, "open");
  const frame = randomBytes(FRAME_BYTES);
  const waiting: (() => void)[] = [];
  let first = 0;
  webSocket.on("message", () => {
    waiting[first]?.();
    first += 1;
    if (first < waiting.length) return;
    waiting.length = 0;
    first = 0;
  });
  return {
    roundTrip: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        webSocket.send(frame);
      }),
    residentMb: child.residentMb,
    stop: async () => {
      webSocket.terminate();
      await child.stop();
    },
  };
};

/** The way of a change from an app over its store, a sync service and another store to another app, each a process. */
export interface Way {
  /** Sends one frame of 200 bytes at one end; resolves when it is at the other. */
  readonly pass: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const startWay = async (): Promise<Way> => {
  const script = join(import.meta.dirname, "forward-child.mjs");
  const relay = await startChild<{ port: number }>(script, []);
  const devices = [
    await startChild<{ port: number }>(script, [String(relay.ready.port)]),
    await startChild<{ port: number }>(script, [String(relay.ready.port)]),
  ];
  const [near, far] = devices.map(
    ({ ready }) => new WebSocket(`ws://127.0.0.1:${ready.port}`, { perMessageDeflate: false }),
  ) as [WebSocket, WebSocket];
  await Promise.all([once(near, "open"), once(far, "open")]);
  const frame = randomBytes(FRAME_BYTES);
  return {
    pass: async () => {
      const passed = once(far, "message");
      near.send(frame);
      await passed;
    },
    stop: async () => {
      near.terminate();
      far.terminate();
      for (const child of [...devices, relay]) await child.stop();
    },
  };
};

export interface BareRow {
  readonly key: string;
  readonly stamp: Uint8Array;
  readonly value: Uint8Array;
}

const COLUMNS = "replica, counter, arrival, stamp, value";

/** The store's engine, pragmas and schema, and the least that a commit on them has to do. */
export class BareSqlite {
  readonly #database: Database;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rows: Statement<[string]>;
  readonly #add: Statement<[string, number, number, Uint8Array, Uint8Array]>;
  readonly #setState: Statement<[Uint8Array]>;
  readonly #list: Statement<[string, number]>;
  #state: ReplicaState = {
    replica: "00000000000000aa" as ReplicaState["replica"],
    counter: 0,
    arrival: 0,
    hlc: { wall: Date.now(), tick: 0 },
    vector: new Map(),
    held: new Map(),
    digest: randomBytes(16),
    entries: 0,
    tombstones: 0,
    bytes: 0,
  };

  constructor(directory: string) {
    const file = join(directory, "bare.db");
    const key = randomBytes(DATABASE_KEY_BYTES);
    this.#database = openDatabase({ file, key, migrations: MIGRATIONS }).database;
    this.#database.exec("INSERT INTO namespace(id, name) VALUES (1, 'app:org.example.bench')");
    this.#database.exec("INSERT INTO replica(id, replica) VALUES (1, x'00000000000000aa')");
    this.#begin = this.#database.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#database.prepare("COMMIT");
    this.#rows = this.#database
      .prepare<[string]>(
        `SELECT ${COLUMNS} FROM version WHERE namespace = 1 AND key = CAST(? AS BLOB)`,
      )
      .raw();
    this.#add = this.#database.prepare(
      "INSERT INTO version(namespace, key, replica, counter, arrival, stamp, value) VALUES (1, CAST(? AS BLOB), 1, ?, ?, ?, ?)",
    );
    this.#setState = this.#database.prepare("UPDATE namespace SET state = ? WHERE id = 1");
    this.#list = this.#database
      .prepare<[string, number]>(
        `SELECT ${COLUMNS}, CAST(key AS TEXT) FROM version
         WHERE namespace = 1 AND key >= CAST(? AS BLOB) AND value IS NOT NULL ORDER BY key LIMIT ?`,
      )
      .raw();
  }

  /** New entries in one transaction. */
  commit(entries: readonly Sample[]): void {
    let { counter } = this.#state;
    this.#begin.run();
    for (const { key, value } of entries) {
      counter += 1;
      this.#rows.all(key);
      const stamp = encodeStamp({
        hlc: this.#state.hlc,
        index: 0,
        context: new Map(),
      });
      this.#add.run(key, counter, counter, stamp, encodeValue(value));
    }
    this.#state = { ...this.#state, counter, arrival: counter, entries: counter };
    this.#setState.run(encodeReplicaState(this.#state));
    this.#commit.run();
  }

  /** The same rows ready made, in one transaction, with nothing read and nothing counted. Returns processor time in ms. */
  insert(rows: readonly BareRow[]): number {
    const before = process.cpuUsage();
    let { counter } = this.#state;
    this.#begin.run();
    for (const { key, stamp, value } of rows) {
      counter += 1;
      this.#add.run(key, counter, counter, stamp, value);
    }
    this.#state = { ...this.#state, counter, arrival: counter, entries: counter };
    this.#setState.run(encodeReplicaState(this.#state));
    this.#commit.run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }

  list(from: string, limit: number): unknown[] {
    return this.#list.all(from, limit);
  }

  close(): void {
    this.#database.close();
  }
}
