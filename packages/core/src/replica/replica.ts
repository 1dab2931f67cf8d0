/**
 * Replica: the copy of one namespace on one device, over a Storage. Every write of an app, on every device and in
 * every mode, goes through `write`; what another replica sent goes through `merge`.
 */
import type { Dot } from "../data/dot.ts";
import type { NamespaceId, ReplicaId } from "../data/ids.ts";
import { checkKey, dataBytes } from "../data/key.ts";
import { keyRange } from "../data/key-range.ts";
import type { RangeOptions } from "../data/range-options.ts";
import { stampHlc } from "../data/stamp.ts";
import { rowDot } from "../data/version.ts";
import { versionToken } from "../data/version-token.ts";
import { compareBytes } from "../bytes/bytes.ts";
import { codeOf } from "../errors.ts";
import type { Host } from "../host.ts";
import {
  MAX_PAGE_KEYS,
  type Change,
  type Reads,
  type ReplicaState,
  type Row,
  type Storage,
  type View,
} from "../storage.ts";
import { checkOperations } from "./check-operations.ts";
import { planCommit, versionsOf, type Operation } from "./commit.ts";
import { planMerge, type MergeInput, type MergePlan } from "./merge-plan.ts";
import {
  PAGE,
  readCommits,
  readKeys,
  type CommitPage,
  type KeyPage,
  type PageSize,
} from "./row-pages.ts";
import { namedSiblings, showEntries, showEntry, type Shown } from "./shown.ts";
import { formerIds, freshState, succession } from "./succession.ts";
import { readWriterNote, RefusedWrites, writerNoteName, type WriteNumber } from "./writer.ts";

/** A page of entries or changes ends after the entry that reaches this many bytes of keys and values. */
export const MAX_PAGE_BYTES: number = 1024 * 1024;

export interface Commit {
  /** Arrival number before and after: a listener that is at `before` misses nothing by going to `after`. */
  readonly before: number;
  /** The same as `before` when only the vector was raised. */
  readonly after: number;
  /** The touched keys as they stand afterwards. */
  readonly shown: readonly Shown[];
  /** What it added, by arrival. */
  readonly rows: readonly Row[];
  /** The replica's state after it; undefined while more commits of the same transaction follow. */
  readonly state: ReplicaState | undefined;
}

export interface Merged {
  readonly state: ReplicaState;
  /** Versions that had another value here under the same dot, and were kept under a new one: a damaged disk. */
  readonly rewritten: number;
  /** A repair of which nothing was taken: its sender did not know all that is known here. */
  readonly isStale: boolean;
}

export interface WriteResult {
  /** Each operation's dot; undefined where there was nothing to delete. */
  readonly dots: readonly (Dot | undefined)[];
  /** Each operation's key as it stood after the commit. */
  readonly versions: readonly string[];
}

export interface ListRequest extends RangeOptions {
  readonly limit?: number | undefined;
  readonly reverse?: boolean | undefined;
}

export interface Page {
  readonly entries: readonly Shown[];
  /** There may be more beyond the last entry: ask again from there. */
  readonly more: boolean;
}

export interface ChangePage {
  readonly shown: readonly Shown[];
  /** Arrival number reached. */
  readonly position: number;
}

export interface SiblingView {
  readonly value: Uint8Array | null;
  readonly version: string;
  readonly replica: ReplicaId;
  /** Wall clock of the writer's device in milliseconds since 1970: a label, possibly wrong. */
  readonly time: number;
}

export class Replica {
  readonly namespace: NamespaceId;
  readonly #host: Host;
  readonly #storage: Storage;
  readonly #refused = new RefusedWrites();
  readonly #listeners = new Set<(commit: Commit) => void>();
  readonly #successionListeners = new Set<() => void>();
  #id: ReplicaId;
  #arrival: number;
  /** The newest write under way: reads wait for it, so that they see every write made before them. */
  #lastWrite: Promise<unknown> | undefined;

  private constructor(host: Host, storage: Storage, namespace: NamespaceId, state: ReplicaState) {
    this.#host = host;
    this.#storage = storage;
    this.namespace = namespace;
    this.#id = state.replica;
    this.#arrival = state.arrival;
  }

  /** The replica of `namespace` in `storage`, made with a fresh random id when there is none. */
  static async open(host: Host, storage: Storage, namespace: NamespaceId): Promise<Replica> {
    const make = (): Promise<ReplicaState> =>
      storage.update(namespace, {}, (view) => {
        if (view.state !== undefined) return { result: view.state };
        const fresh = freshState(host);
        return { state: fresh, result: fresh };
      });
    let state: ReplicaState | undefined;
    try {
      state = await make();
    } catch (error) {
      // What is there can be opened where nothing more is taken.
      if (codeOf(error) === "MASQ_STORAGE_FULL") state = await storage.state(namespace);
      if (state === undefined) throw error;
    }
    return new Replica(host, storage, namespace, state);
  }

  get id(): ReplicaId {
    return this.#id;
  }

  /** Ids it had before: what was written under them is its device's too. */
  formerIds(): Promise<ReplicaId[]> {
    return formerIds(this.#storage, this.namespace);
  }

  /** Goes on under a new id; resolves when that is durable and its listeners know. */
  async succeed(): Promise<void> {
    const { replica } = await this.#storage.update(this.namespace, {}, ({ state }) =>
      succession(this.#host, state as ReplicaState),
    );
    this.#id = replica;
    for (const listener of this.#successionListeners) listener();
  }

  /** Calls `listener` when the replica has another id. */
  onSucceeded(listener: () => void): void {
    this.#successionListeners.add(listener);
  }

  /** Arrival number of the newest commit its listeners were told of. */
  get position(): number {
    return this.#arrival;
  }

  async get(key: string): Promise<Shown> {
    checkKey(key);
    if (this.#lastWrite !== undefined) await this.#lastWrite;
    const [rows = []] = await this.#storage.get(this.namespace, [key]);
    return showEntry(key, rows);
  }

  async getMany(keys: readonly string[]): Promise<Shown[]> {
    for (const key of keys) checkKey(key);
    if (this.#lastWrite !== undefined) await this.#lastWrite;
    const found = await this.#storage.get(this.namespace, keys);
    return found.map((rows, index) => showEntry(keys[index] as string, rows));
  }

  /** A page of live entries in byte order of their keys; at most 1,000, fewer when they are large. */
  async list(request: ListRequest): Promise<Page> {
    const limit = Math.min(request.limit ?? MAX_PAGE_KEYS, MAX_PAGE_KEYS);
    const range = keyRange(request);
    if (this.#lastWrite !== undefined) await this.#lastWrite;
    const rows = await this.#storage.list(this.namespace, {
      range,
      reverse: request.reverse ?? false,
      limit,
      maxBytes: MAX_PAGE_BYTES,
      liveOnly: true,
    });
    const entries = showEntries(rows);
    const bytes = rows.reduce((sum, row) => sum + dataBytes(row), 0);
    return { entries, more: entries.length === limit || bytes >= MAX_PAGE_BYTES };
  }

  /** The live siblings of a key, the winner first; of very many the first, and once these are resolved the others. */
  async conflicts(key: string): Promise<SiblingView[]> {
    checkKey(key);
    if (this.#lastWrite !== undefined) await this.#lastWrite;
    const [rows = []] = await this.#storage.get(this.namespace, [key]);
    return namedSiblings(rows).map((row) => ({
      value: row.value,
      version: versionToken([rowDot(row)]),
      replica: row.replica,
      time: stampHlc(row.stamp).wall,
    }));
  }

  /**
   * Commits all operations or none; resolves when they are durable. `number` makes a repeated write apply once:
   * one that is not above the writer's last is not applied again and answers with the keys as they stand.
   */
  write(operations: readonly Operation[], number?: WriteNumber): Promise<WriteResult> {
    const keys = checkOperations(operations);
    if (number === undefined) {
      return this.#commit({ keys }, (view) => this.#plan(view, operations, undefined));
    }
    const noteName = writerNoteName(number.writer);
    const written = this.#commit({ keys, notes: [noteName] }, (view) => {
      const note = readWriterNote(view.note(noteName));
      if (this.#refused.wasApplied(number, note)) {
        const versions = operations.map(({ key }) => showEntry(key, view.rows(key)).version);
        const dots = operations.map((operation) =>
          this.#dotOf(operation, view.rows(operation.key)),
        );
        number.planned?.(dots);
        return { result: { written: { dots, versions } } };
      }
      try {
        const change = this.#plan(view, operations, number.planned);
        const arrival = change.state?.arrival ?? 0;
        return { ...change, notes: [[noteName, this.#refused.noteOf(number, note, arrival)]] };
      } catch (error) {
        // At once: the next write may be planned in this very turn.
        this.#refused.remember(number, error);
        throw error;
      }
    });
    return written.catch((error: unknown) => {
      this.#refused.remember(number, error);
      throw error;
    });
  }

  /** Takes in what another replica sent, with the notes that say so, in one transaction; resolves when it is durable. */
  merge(
    input: MergeInput,
    notes: readonly (readonly [name: string, value: Uint8Array | undefined])[],
  ): Promise<Merged> {
    const keys = [...new Set(input.commits.flatMap((commit) => commit.map(({ key }) => key)))];
    const merged = this.#storage
      .update(this.namespace, { keys }, (view) => {
        const before = view.state as ReplicaState;
        const { crypto, clock } = this.#host;
        const plan = planMerge(crypto, before, input, (key) => view.rows(key), clock.now());
        const { removed, added, state } = plan;
        const change: Change<{ before: ReplicaState; plan: MergePlan }> = {
          remove: removed,
          add: added,
          notes: plan.isStale ? [] : notes,
          result: { before, plan },
        };
        return state === before ? change : { ...change, state };
      })
      .then(({ before, plan }) => {
        this.#announceMerge(before, plan);
        return plan;
      });
    this.#trackWrite(merged);
    return merged;
  }

  /** Whole commits after an arrival number, as they are kept. */
  rowsAfter(after: number, page: PageSize = PAGE): Promise<CommitPage> {
    return readCommits(this.#storage, this.namespace, after, page);
  }

  /** Whole entries after a key in byte order, with all siblings and tombstones. */
  scan(after: string | undefined, page: PageSize = PAGE): Promise<KeyPage> {
    return readKeys(this.#storage, this.namespace, after, page);
  }

  /** Notes kept beside the rows whose name begins with `prefix`. */
  notes(prefix: string): Promise<[name: string, value: Uint8Array][]> {
    return this.#storage.notes(this.namespace, prefix);
  }

  /** The keys changed after arrival number `after`, each as it stands now. Bounded: ask again until the position stays. */
  async changes(after: number, limit: number = MAX_PAGE_KEYS): Promise<ChangePage> {
    const rows = await this.#storage.arrivals(this.namespace, after, limit, MAX_PAGE_BYTES);
    const last = rows.at(-1);
    if (last === undefined) return { shown: [], position: after };
    const keys = [...new Set(rows.map((row) => row.key))];
    const found = await this.#storage.get(this.namespace, keys);
    return {
      shown: found.map((siblings, index) => showEntry(keys[index] as string, siblings)),
      position: last.arrival,
    };
  }

  async state(): Promise<ReplicaState> {
    if (this.#lastWrite !== undefined) await this.#lastWrite;
    return (await this.#storage.state(this.namespace)) as ReplicaState;
  }

  /** Calls `listener` once per commit, in order, after it is durable. The returned function ends that. */
  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #commit(reads: Reads, change: (view: View) => Change<Written>): Promise<WriteResult> {
    const done = this.#storage.update<Written>(this.namespace, reads, change);
    const result = done.then(({ written, commit }) => {
      if (commit !== undefined && commit.after > commit.before) this.#announce(commit);
      return written;
    });
    this.#trackWrite(result);
    return result;
  }

  /**
   * The version a repeated write stands for, as far as the rows show it: the newest own one with the same value. Should
   * that be another app's, then it says the same.
   */
  #dotOf({ value }: Operation, rows: readonly Row[]): Dot | undefined {
    const isSame = (row: Row): boolean =>
      row.replica === this.id &&
      (value === null || row.value === null
        ? value === row.value
        : compareBytes(value, row.value) === 0);
    const row = rows.findLast(isSame);
    return row && rowDot(row);
  }

  #plan(
    view: View,
    operations: readonly Operation[],
    planned: WriteNumber["planned"],
  ): Change<Written> {
    const state = view.state as ReplicaState;
    const rowsOf = (key: string) => view.rows(key);
    const plan = planCommit(this.#host.crypto, state, operations, rowsOf, this.#host.clock.now());
    planned?.(plan.dots);
    const versions = versionsOf(operations, plan.shown);
    const commit: Commit = {
      before: state.arrival,
      after: plan.state.arrival,
      shown: plan.shown,
      rows: plan.added,
      state: plan.state,
    };
    return {
      remove: plan.removed,
      add: plan.added,
      state: plan.state,
      result: { written: { dots: plan.dots, versions }, commit },
    };
  }

  #announceMerge(before: ReplicaState, { state, commits, show }: MergePlan): void {
    for (const [index, merged] of commits.entries()) {
      const { before: from, after, keys } = merged;
      const isLast = index === commits.length - 1;
      this.#announce({
        before: from,
        after,
        state: isLast ? state : undefined,
        // Only watches need the one, and cursors that keep up the other.
        get shown() {
          return keys.map(show);
        },
        get rows() {
          return merged.rows;
        },
      });
    }
    if (commits.length === 0 && state.vector !== before.vector) {
      const { arrival } = state;
      this.#announce({ before: arrival, after: arrival, shown: [], rows: [], state });
    }
  }

  #announce(commit: Commit): void {
    this.#arrival = commit.after;
    for (const listener of this.#listeners) listener(commit);
  }

  #trackWrite(write: Promise<unknown>): void {
    const ended = (): void => {
      if (this.#lastWrite === settled) this.#lastWrite = undefined;
    };
    const settled = write.then(ended, ended);
    this.#lastWrite = settled;
  }
}

interface Written {
  readonly written: WriteResult;
  readonly commit?: Commit;
}
