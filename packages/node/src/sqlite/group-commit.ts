/**
 * Group commit: the updates of one turn share one transaction and one flush, which is worth more than any other
 * tuning (a flush costs as much as some hundred writes). Calls run in the order made.
 */
import type { Change, NamespaceId, Row, View } from "@masq/core";
import type { Database, Statement } from "./driver.ts";
import { schemaVersion } from "./schema.ts";
import { isMediumError, toStorageError } from "./storage-errors.ts";
import type { Space, Tables } from "./tables.ts";
import { BULK } from "./version-rows.ts";

/** Bounds of one transaction: beyond them the event loop would wait too long and memory would grow. */
const MAX_GROUP_CALLS = 4096;
const MAX_GROUP_BYTES = 8 * 1024 * 1024;

export interface Call {
  readonly namespace: NamespaceId;
  /** The keys its change reads. */
  readonly keys: readonly string[];
  readonly change: (view: View) => Change<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  result: unknown;
  failure: { readonly error: unknown } | undefined;
}

/** Reads when asked, inside the transaction. */
class TableView implements View {
  readonly state: View["state"];
  readonly #tables: Tables;
  readonly #space: Space;
  readonly #keys: readonly string[];
  #holdsAny: boolean | undefined;
  /** Where in `#keys` the keys after this page begin. */
  #next = 0;
  #page: ReadonlyMap<string, readonly Row[]> = new Map();

  constructor(tables: Tables, space: Space, keys: readonly string[]) {
    this.state = space.state;
    this.#tables = tables;
    this.#space = space;
    this.#keys = keys;
  }

  /** Many keys are asked for in their order: read a page at a time, so that never all their values are in memory. */
  rows(key: string): readonly Row[] {
    const known = this.#page.get(key);
    if (known !== undefined) return known;
    const index = this.#keys.length < BULK ? -1 : this.#keys.indexOf(key, this.#next);
    if (index < 0) return this.#tables.rows(this.#space, key);
    this.#holdsAny ??= this.#tables.holdsAnyBetween(this.#space, this.#keys);
    this.#next = index + (this.#holdsAny ? BULK : 1);
    if (!this.#holdsAny) return [];
    this.#page = this.#tables.rowsByKey(this.#space, this.#keys.slice(index, this.#next));
    return this.#page.get(key) as Row[];
  }

  note(name: string): Uint8Array | undefined {
    return this.#tables.note(this.#space, name);
  }
}

export class GroupCommit {
  readonly #database: Database;
  readonly #tables: Tables;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #logState: Statement<[], [busy: number, frames: number, folded: number]>;
  readonly #renewLog: string;
  #queue: Call[] = [];
  #scheduled = false;

  constructor(database: Database, tables: Tables) {
    this.#database = database;
    this.#tables = tables;
    this.#begin = database.prepare<[]>("BEGIN IMMEDIATE");
    this.#commit = database.prepare<[]>("COMMIT");
    this.#logState = database
      .prepare<[], [number, number, number]>("PRAGMA wal_checkpoint(NOOP)")
      .raw();
    this.#renewLog = `PRAGMA user_version = ${schemaVersion(database)}`;
  }

  push(call: Call): void {
    this.#queue.push(call);
    this.#schedule();
  }

  /** Commits all that wait, now. */
  drain(): void {
    while (this.#queue.length > 0) this.#flush();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
      // The next group waits its turn, so that a long queue does not keep reads and sockets waiting.
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #flush(): void {
    let group = this.#queue;
    if (group.length <= MAX_GROUP_CALLS) this.#queue = [];
    else group = this.#queue.splice(0, MAX_GROUP_CALLS);
    let isCareful = false;
    while (group.length > 0) {
      const outcome = this.#attempt(group, isCareful);
      if (outcome === "settled") return;
      // Nothing is kept of a transaction in which one call could not be written: the others run again without it.
      if (outcome === "unclear") isCareful = true;
      else group = group.filter((call) => call !== outcome);
    }
  }

  /**
   * Commits the group and settles its calls; or returns the one, rejected already, whose rows could not be written. Unless
   * it `isCareful` rows of several calls are written together, and then it can be unclear which one that is.
   */
  #attempt(group: Call[], isCareful: boolean): Call | "settled" | "unclear" {
    let current: Call | undefined;
    this.#tables.writeSingly(isCareful);
    try {
      this.#begin.run();
      let bytes = 0;
      for (let index = 0; index < group.length; index += 1) {
        current = group[index] as Call;
        bytes += this.#run(current);
        if (bytes < MAX_GROUP_BYTES) continue;
        this.#queue = [...group.splice(index + 1), ...this.#queue];
      }
      current = undefined;
      this.#tables.finish();
      this.#commit.run();
    } catch (error) {
      this.#rollback();
      if (!isCareful && !isMediumError(error)) return "unclear";
      const reason = toStorageError(error);
      if (current !== undefined && !isMediumError(error)) {
        current.reject(reason);
        return current;
      }
      for (const call of group) call.reject(reason);
      return "settled";
    }
    this.#dropFoldedLog();
    for (const call of group) {
      if (call.failure === undefined) call.resolve(call.result);
      else call.reject(call.failure.error);
    }
    return "settled";
  }

  /**
   * Once SQLite has folded the whole log into the database it leaves the log as it is until the next write. Should
   * its end be damaged then, a start after a crash would lay older pages over newer ones: wrong answers, unnoticed.
   * A write that changes nothing begins the log anew, so that what is left of the old one counts no more.
   */
  #dropFoldedLog(): void {
    try {
      const [, frames, folded] = this.#logState.get() as [number, number, number];
      if (frames > 0 && folded === frames) this.#database.exec(this.#renewLog);
    } catch {
      // The group is committed all the same, and the next write begins the log anew.
    }
  }

  /** Runs the change before anything of it is written: one that throws leaves nothing to undo. */
  #run(call: Call): number {
    const space = this.#tables.space(call.namespace);
    let change: Change<unknown>;
    call.failure = undefined;
    try {
      change = call.change(new TableView(this.#tables, space, call.keys));
    } catch (error) {
      // Some errors of the disk end the transaction; then the whole group has failed.
      if (!this.#database.inTransaction) throw error;
      call.failure = { error: isMediumError(error) ? toStorageError(error) : error };
      return 0;
    }
    call.result = change.result;
    return this.#tables.apply(space, change);
  }

  #rollback(): void {
    this.#tables.forget();
    try {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
    } catch {
      // The error that led here is the one to tell; the next BEGIN reports if the engine is still stuck.
    }
  }
}
