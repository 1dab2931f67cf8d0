/**
 * The data methods of the local protocol over one replica: what a connected app may do once its namespace is settled.
 * It knows no socket, so that a client without a store can use the very same code in its own process.
 */
import { checkKey, dataBytes } from "../data/key.ts";
import { keyRange } from "../data/key-range.ts";
import { vectorItem } from "../data/replica-state.ts";
import { decodeValue } from "../data/value.ts";
import { ABSENT_TOKEN, parseVersionToken, versionToken } from "../data/version-token.ts";
import { MasqError } from "../errors.ts";
import { MAX_BATCH_BYTES } from "../replica/batch-limits.ts";
import type { Operation } from "../replica/commit.ts";
import type { Replica, SiblingView } from "../replica/replica.ts";
import { MAX_PAGE_BYTES } from "../replica/replica.ts";
import type { Shown } from "../replica/shown.ts";
import { watchReplica, type Watch, type WatchEvent, type WatchTarget } from "../replica/watch.ts";
import { MAX_PAGE_KEYS } from "../storage.ts";
import { asArray, asFlag, asRecord, asText, asUint, optional } from "./fields.ts";
import { entryItem, type EntryItem } from "./answers.ts";
import { DeviceService } from "./device-service.ts";
import { noOtherDevices, type OtherDevices } from "./other-devices.ts";
import type { OwnWrites } from "./own-writes.ts";
import type { StorageHealth } from "./storage-health.ts";

/** Watches one connection may hold. */
export const MAX_WATCHES = 1024;

export interface DataServiceOptions {
  /** Random id of the client instance, hexadecimal. */
  readonly writer: string;
  readonly ownWrites: OwnWrites;
  /** Sends an event to the client. */
  readonly emit: (name: string, data: unknown) => void;
  /** Default: there are none. */
  readonly devices?: OtherDevices;
  readonly health?: StorageHealth | undefined;
}

export class DataService {
  readonly #replica: Replica;
  readonly #options: DataServiceOptions;
  readonly #deviceService: DeviceService;
  readonly #watches = new Map<number, Watch>();
  #isPaused = false;

  constructor(replica: Replica, options: DataServiceOptions) {
    this.#replica = replica;
    this.#options = options;
    this.#deviceService = new DeviceService({
      devices: options.devices ?? noOtherDevices,
      health: options.health,
      vector: async () => (await replica.state()).vector,
      emit: options.emit,
    });
  }

  /** Rejects with MASQ_METHOD_UNKNOWN for a method that is not a data method. */
  handle(method: string, params: unknown): Promise<unknown> {
    // Straight on, as there are thousands of them under way at once.
    return method === "write" ? this.#write(params) : this.#answer(method, params);
  }

  async #answer(method: string, params: unknown): Promise<unknown> {
    switch (method) {
      case "get":
        return entryResult(await this.#replica.get(asText(params, "a key")));
      case "getMany":
        return this.#getMany(asArray(params, "keys").map((key) => asText(key, "a key")));
      case "list":
        return this.#list(params);
      case "conflicts":
        return this.#conflicts(asText(params, "a key"));
      case "watch":
        return this.#watch(params);
      case "unwatch":
        this.#unwatch(asUint(params, "a watch id"));
        return null;
      case "status": {
        const { entries, tombstones, bytes } = await this.#replica.state();
        const { trouble } = this.#deviceService;
        return { entries, tombstones, bytes, devices: this.#deviceService.list(), trouble };
      }
      case "standing":
        return this.#standing();
      case "watchStatus":
        return this.#deviceService.watchStatus();
      case "hold":
        return this.#deviceService.hold(params);
      case "unhold":
        return this.#deviceService.unhold(params);
      default:
        throw new MasqError(
          "MASQ_METHOD_UNKNOWN",
          "This store does not know the method asked for. Nothing was done.",
        );
    }
  }

  /** Holds watch events back while the client does not read; nothing is queued meanwhile. */
  pause(): void {
    this.#isPaused = true;
    for (const watch of this.#watches.values()) watch.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const watch of this.#watches.values()) watch.resume();
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
    this.#deviceService.close();
  }

  /** Answers as many of the keys as fit a page, in order; the client asks again for the rest. */
  async #getMany(keys: readonly string[]): Promise<EntryItem[]> {
    if (keys.length > MAX_PAGE_KEYS) {
      throw new MasqError(
        "MASQ_BATCH_TOO_LARGE",
        `At most ${MAX_PAGE_KEYS} keys may be read at once.`,
      );
    }
    const items: EntryItem[] = [];
    let bytes = 0;
    const step = 8;
    for (let start = 0; start < keys.length && bytes < MAX_PAGE_BYTES; start += step) {
      for (const entry of await this.#replica.getMany(keys.slice(start, start + step))) {
        if (bytes >= MAX_PAGE_BYTES) break;
        bytes += dataBytes(entry);
        items.push(entryItem(entry));
      }
    }
    return items;
  }

  /** `[number, operations, answered below]` -> for each operation `version`, or `[version, own]` where the two differ. */
  async #write(params: unknown): Promise<readonly unknown[]> {
    const [numberField, operationFields, answeredField] = asArray(params, "a write");
    const number = asUint(numberField, "a write number");
    if (number === 0)
      throw new MasqError("MASQ_MESSAGE_INVALID", "Writes are numbered from 1. Nothing was done.");
    const answeredBelow = optional(answeredField, asUint, "a write number");
    const { writer, ownWrites } = this.#options;
    if (answeredBelow !== undefined) ownWrites.forgetBelow(Math.min(answeredBelow, number));
    const operations = asArray(operationFields, "operations").map((item) => this.#operation(item));
    const keys = operations.map(({ key }) => key);
    const planned = (dots: Parameters<OwnWrites["remember"]>[2]) =>
      ownWrites.remember(number, keys, dots);
    try {
      const { versions } = await this.#replica.write(operations, {
        writer,
        number,
        answeredBelow,
        planned,
      });
      return operations.map(({ key, value }, index) => {
        const dot = ownWrites.find(number, key);
        // A deletion is seen by whoever sees the key absent; of a write from before a restart the dot is not known.
        const own = value === null ? ABSENT_TOKEN : dot && versionToken([dot]);
        return own === versions[index] ? own : [versions[index], own ?? null];
      });
    } catch (error) {
      ownWrites.forget(number);
      throw error;
    }
  }

  /** `[key, value or null, seen, own write number, ifVersion]`; what is absent at the end may be left out. */
  #operation(item: unknown): Operation {
    const [keyField, value, seen, own, ifVersion] = asArray(item, "an operation");
    const key = asText(keyField, "a key");
    if (value !== null && !(value instanceof Uint8Array)) {
      throw new MasqError(
        "MASQ_MESSAGE_INVALID",
        "The request is malformed: expected an encoded value. Nothing was done.",
      );
    }
    // Whatever is kept here can be read by every app of the namespace.
    if (value !== null) decodeValue(value);
    const ownNumber = optional(own, asUint, "a write number");
    const seenToken = optional(seen, asText, "a version");
    if (seenToken !== undefined) parseVersionToken(seenToken);
    const operation: Operation = {
      key,
      value,
      seen: seenToken,
      ifVersion: optional(ifVersion, asText, "a version"),
    };
    if (ownNumber === undefined) return operation;
    // Looked up at once, as a request behind this one may say that it has been answered; or when this one is planned, if
    // that write is only being planned in the same turn.
    const { ownWrites } = this.#options;
    const known = ownWrites.find(ownNumber, key);
    return { ...operation, own: () => known ?? ownWrites.find(ownNumber, key) };
  }

  async #list(params: unknown): Promise<unknown> {
    const fields = asRecord(params, "a range");
    const text = (name: string): string | undefined => optional(fields[name], asText, name);
    const page = await this.#replica.list({
      prefix: text("prefix"),
      gt: text("gt"),
      gte: text("gte"),
      lt: text("lt"),
      lte: text("lte"),
      limit: optional(fields["limit"], asUint, "a limit"),
      reverse: optional(fields["reverse"], asFlag, "a flag"),
    });
    return [page.entries.map(entryItem), page.more];
  }

  /** `[watch id, target, after]` -> the position it starts from. */
  #watch(params: unknown): number {
    const [idField, targetField, afterField] = asArray(params, "a watch");
    const id = asUint(idField, "a watch id");
    const fields = asRecord(targetField, "a watch target");
    const key = optional(fields["key"], asText, "a key");
    const target: WatchTarget =
      key === undefined ? { prefix: asText(fields["prefix"], "a prefix") } : { key };
    if ("key" in target) checkKey(target.key);
    else keyRange(target);
    if (this.#watches.has(id) || this.#watches.size >= MAX_WATCHES) {
      throw new MasqError(
        "MASQ_MESSAGE_INVALID",
        "This watch is there already, or there are too many of them.",
      );
    }
    const after = Math.min(
      optional(afterField, asUint, "a position") ?? Infinity,
      this.#replica.position,
    );
    const watch = watchReplica(
      this.#replica,
      target,
      after,
      (event) => this.#emitChanges(id, event),
      () => {
        this.#watches.delete(id);
        this.#options.emit("watchFailed", id);
      },
    );
    if (this.#isPaused) watch.pause();
    this.#watches.set(id, watch);
    return after;
  }

  /**
   * One event for a commit. Only when the entries are larger than what was written (their winners are others) are there
   * several; all but the last tell the position before, so that a lost connection loses none of them.
   */
  #emitChanges(id: number, { before, position, shown }: WatchEvent): void {
    let part: EntryItem[] = [];
    let bytes = 0;
    for (const entry of shown) {
      // What else there is of an entry takes a few bytes.
      const size = dataBytes(entry) + entry.version.length + 16;
      if (part.length > 0 && bytes + size > MAX_BATCH_BYTES) {
        this.#options.emit("changes", [id, before, part]);
        part = [];
        bytes = 0;
      }
      part.push(entryItem(entry));
      bytes += size;
    }
    this.#options.emit("changes", [id, position, part]);
  }

  /** The siblings, winner first, as many as fit a message; once those are resolved the others follow. */
  async #conflicts(key: string): Promise<unknown[]> {
    const siblings = await this.#replica.conflicts(key);
    let bytes = 0;
    return siblings
      .filter(({ value }) => {
        bytes += value?.length ?? 0;
        return bytes <= MAX_BATCH_BYTES;
      })
      .map(siblingItem);
  }

  /**
   * `[position, digest, vector]` of one moment, once every watch of this connection was told all up to it: a client that
   * goes on at another replica of the same standing misses nothing and is told nothing twice.
   */
  async #standing(): Promise<unknown> {
    let state = await this.#replica.state();
    // A commit is durable a moment before it is told.
    while (state.arrival !== this.#replica.position) state = await this.#replica.state();
    const { arrival, digest, vector } = state;
    await Promise.all(Array.from(this.#watches.values(), (watch) => watch.reached(arrival)));
    return [arrival, digest, vectorItem(vector)];
  }

  #unwatch(id: number): void {
    this.#watches.get(id)?.close();
    this.#watches.delete(id);
  }
}

const entryResult = ({ value, version, conflict }: Shown): unknown => [value, version, conflict];

const siblingItem = ({ value, version, replica, time }: SiblingView): unknown => [
  value,
  version,
  replica,
  time,
];
