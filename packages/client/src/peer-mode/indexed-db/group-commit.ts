/**
 * Group commit: the updates of one turn, and those that come while another transaction is under way, share one
 * transaction and one flush. Calls run in the order made.
 */
import {
  dataBytes,
  encodeReplicaState,
  toMasqError,
  utf8,
  type Change,
  type Clock,
  type NamespaceId,
  type Reads,
  type View,
} from "@masq/core";
import { type IDBPDatabase, unwrap } from "idb";
import type { Connection } from "./connection.ts";
import { overlay, readSpaces, type Space, viewOf } from "./reads.ts";
import { exact, noteKey, toRecord } from "./records.ts";
import { NOTES, ROWS, STATES } from "./schema.ts";
import { commitError, isConnectionLost, isMediumError, toStorageError } from "./storage-errors.ts";

/** A page answers to its person in between: no task of ours should take 50 ms, of which reading and planning have their part. */
const MAX_TASK_MS = 15;

/** Bounds of one transaction: beyond them other tabs would wait too long and memory would grow. */
const MAX_GROUP_CALLS = 4096;
const MAX_GROUP_KEYS = 1024;
const MAX_GROUP_BYTES = 8 * 1024 * 1024;

export interface Call {
  readonly namespace: NamespaceId;
  readonly reads: Reads;
  readonly change: (view: View) => Change<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What became of a call in a transaction that was committed. */
type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** One call whose rows the engine did not take; nothing of its transaction was kept. */
class Refusal {
  readonly call: Call;
  readonly error: unknown;

  constructor(call: Call, error: unknown) {
    this.call = call;
    this.error = error;
  }
}

/** Rejects with the reason for which the transaction was aborted. */
const completion = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException("The transaction was aborted.", "AbortError"));
  });

/** Never rejects: what a request failed of, its transaction is told later, with the reason. */
const answered = (request: IDBRequest): Promise<void> =>
  new Promise((resolve) => (request.onsuccess = () => resolve()));

/** One attempt to commit a group. */
class Attempt {
  readonly #transaction: IDBTransaction;
  readonly #completed: Promise<void>;
  readonly #callByRequest = new Map<EventTarget, Call>();
  readonly #clock: Clock;
  #taskSince: number;
  #refusal: Refusal | undefined;
  #isHandedOver = false;

  constructor(database: IDBPDatabase, clock: Clock) {
    this.#clock = clock;
    this.#taskSince = clock.monotonic();
    const options: IDBTransactionOptions = { durability: "strict" };
    this.#transaction = unwrap(database).transaction([ROWS, NOTES, STATES], "readwrite", options);
    this.#completed = completion(this.#transaction);
    this.#completed.catch(() => {});
    this.#transaction.onerror = ({ target }) => {
      const call = this.#callByRequest.get(target as EventTarget);
      const { error } = target as IDBRequest;
      if (call !== undefined && !isMediumError(error)) this.#refusal ??= new Refusal(call, error);
    };
  }

  /** The outcomes of the first calls, when they are on the disk: of as many as one transaction takes. */
  async run(calls: readonly Call[]): Promise<Outcome[]> {
    try {
      const spaces = await readSpaces(this.#transaction, calls);
      const outcomes: Outcome[] = [];
      let bytes = 0;
      this.#taskSince = this.#clock.monotonic();
      // From here on nothing is waited for but requests of this transaction: idle it would commit itself.
      for (const call of calls) {
        if (bytes >= MAX_GROUP_BYTES) break;
        const space = spaces.get(call.namespace) as Space;
        let change: Change<unknown>;
        try {
          change = call.change(viewOf(space));
        } catch (error) {
          outcomes.push({ error });
          continue;
        }
        for (const row of change.add ?? []) bytes += dataBytes(row);
        await this.#write(call, change);
        overlay(space, change);
        outcomes.push({ result: change.result });
      }
      for (const [namespace, space] of spaces) this.#finish(namespace, space);
      this.#isHandedOver = true;
      // It commits itself once all is answered. Asked by `commit()`, Firefox (153) keeps the rest of a transaction in which
      // a request was refused, unless that was the last.
      await this.#completed;
      return outcomes;
    } catch (error) {
      this.#abort();
      if (this.#refusal !== undefined) throw this.#refusal;
      throw this.#isHandedOver ? commitError(error) : error;
    }
  }

  async #write(call: Call, change: Change<unknown>): Promise<void> {
    for (const request of this.#requests(call, change)) {
      this.#callByRequest.set(request, call);
      if (this.#clock.monotonic() - this.#taskSince < MAX_TASK_MS) continue;
      await this.#nextTask(request);
    }
  }

  /** In the task in which the request was answered the transaction takes more of them. */
  async #nextTask(request: IDBRequest): Promise<void> {
    try {
      await Promise.race([answered(request), this.#completed]);
    } catch (error) {
      // Some of it is not handed over yet: where the connection is lost, none can have been kept.
      throw isConnectionLost(error) ? error : commitError(error);
    }
    this.#taskSince = this.#clock.monotonic();
  }

  *#requests(call: Call, { remove = [], add = [] }: Change<unknown>): Generator<IDBRequest> {
    const store = this.#transaction.objectStore(ROWS);
    try {
      for (const { key, replica, counter } of remove) {
        yield store.delete([call.namespace, utf8(key) as BufferSource, replica, counter]);
      }
      for (const row of add) yield store.add(toRecord(call.namespace, row));
    } catch (error) {
      if (!isMediumError(error)) this.#refusal = new Refusal(call, error);
      throw error;
    }
  }

  /** State and notes, once for all calls. */
  #finish(namespace: NamespaceId, { state, notes, isStateChanged, changedNotes }: Space): void {
    if (isStateChanged && state !== undefined) {
      this.#transaction.objectStore(STATES).put(exact(encodeReplicaState(state)), namespace);
    }
    const store = this.#transaction.objectStore(NOTES);
    for (const name of changedNotes) {
      const value = notes.get(name);
      const key = noteKey(namespace, name);
      if (value === undefined) store.delete(key);
      else store.put({ n: namespace, m: (key as [string, Uint8Array])[1], v: exact(value) });
    }
  }

  #abort(): void {
    try {
      this.#transaction.abort();
    } catch {
      // It was over already.
    }
  }
}

export class GroupCommit {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #queue: Call[] = [];
  #running: Promise<void> | undefined;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  push(call: Call): void {
    this.#queue.push(call);
    // A microtask later, so that all calls of this turn are there.
    this.#running ??= Promise.resolve().then(() => this.#run());
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) await this.#flush(this.#takeGroup());
    this.#running = undefined;
  }

  #takeGroup(): Call[] {
    let calls = 0;
    let keys = 0;
    for (const { reads } of this.#queue) {
      keys += reads.keys?.length ?? 0;
      if (calls > 0 && (calls === MAX_GROUP_CALLS || keys > MAX_GROUP_KEYS)) break;
      calls += 1;
    }
    return this.#queue.splice(0, calls);
  }

  async #flush(group: Call[]): Promise<void> {
    while (group.length > 0) {
      const calls = group;
      try {
        const outcomes = await this.#connection.use((database) =>
          new Attempt(database, this.#clock).run(calls),
        );
        for (const [index, outcome] of outcomes.entries()) {
          const { resolve, reject } = calls[index] as Call;
          if ("error" in outcome) reject(outcome.error);
          else resolve(outcome.result);
        }
        this.#queue.unshift(...calls.slice(outcomes.length));
        return;
      } catch (error) {
        if (!(error instanceof Refusal)) {
          const reason = toStorageError(error);
          for (const { reject } of calls) reject(reason);
          return;
        }
        // Nothing is kept of a transaction in which one call could not be written: the others run again without it.
        error.call.reject(toMasqError(error.error));
        group = calls.filter((call) => call !== error.call);
      }
    }
  }
}
