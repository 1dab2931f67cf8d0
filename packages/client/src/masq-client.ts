/**
 * MasqClient: an app's data, kept by the person's own store or by the app itself. The public API.
 */
import {
  checkBatch,
  checkKey,
  checkRange,
  decodeValue,
  encodeValue,
  fields,
  MasqError,
  MAX_PAGE_KEYS,
  readEntry,
  type Shown,
} from "@masq/core";
import { platform } from "#platform";
import { callApp } from "./call-app.ts";
import { checkAsking, checkOptions, invalid } from "./check-options.ts";
import { checkConnect, connect } from "./connect.ts";
import type { Connected, Mode } from "./connected.ts";
import { readDevices, type Device, type DeviceStatus } from "./device-status.ts";
import { entryOf, type Entry, type Sibling } from "./entry.ts";
import type {
  BatchOperation,
  BatchOptions,
  ConnectOptions,
  ListOptions,
  ReadOptions,
  WriteOptions,
} from "./options.ts";
import { readTrouble } from "./link/device-link.ts";
import type { Link } from "./link/link.ts";
import type { WriteOperation } from "./link/pending-write.ts";
import type { Pairing } from "./pairing.ts";
import { SeenVersions } from "./seen-versions.ts";
import type { NoStoreReason, StorageKind, UseStoreOptions, UseStoreResult } from "./use-store.ts";

/** As many as a store counts. */
const MAX_DEVICES = 1024;

export interface Status {
  readonly mode: Mode;
  readonly connected: boolean;
  /** Why the client can no longer be used; undefined while it can. */
  readonly ended: MasqError | undefined;
  /** The person's other devices and how far they are with this app's data, as last told. */
  readonly devices: readonly DeviceStatus[];
  /** MASQ_STORAGE_…: why what holds the data could not keep or read something, as last told; undefined once it can again. */
  readonly trouble: MasqError | undefined;
  /** Peer mode: MASQ_SYNC_SERVICE_…: why other devices cannot be met, as last told; undefined while they can, or none is to be met. */
  readonly unreachable: MasqError | undefined;
  /** What the last `useStore` found, or that access was withdrawn while the app ran; undefined when neither is so, or in store mode. */
  readonly noStore: NoStoreReason | undefined;
}

export interface DataStatus extends Status {
  readonly entries: number;
  /** Of keys and values. */
  readonly bytes: number;
  /** How long they stay. In store mode: persistent. */
  readonly storage: StorageKind;
  /**
   * The browser has deleted what this app held here. It is another device now, empty until it is paired anew; nothing was
   * deleted elsewhere. Said until there are data or other devices again.
   */
  readonly evicted: boolean;
}

export class MasqClient implements AsyncDisposable {
  readonly #connected: Connected;
  readonly #link: Link;
  readonly #seen: SeenVersions;
  readonly #statusListeners: Set<(status: Status) => void>;

  private constructor(
    connected: Connected,
    seen: SeenVersions,
    listeners: Set<(status: Status) => void>,
  ) {
    this.#connected = connected;
    this.#link = connected.link;
    this.#seen = seen;
    this.#statusListeners = listeners;
  }

  /**
   * Connects to the data, wherever `options.mode` says they are. With a store on this computer its owner is asked for
   * access where the app has none yet, and it rejects with MASQ_STORE_ABSENT, MASQ_STORE_MISMATCH, MASQ_GRANT_MISSING,
   * MASQ_GRANT_REVOKED, MASQ_ACCESS_REFUSED, MASQ_ACCESS_EXPIRED, MASQ_ACCESS_BUSY or MASQ_STORE_UNREACHABLE; in peer
   * mode with MASQ_STORAGE_…; in either with MASQ_OPTION_INVALID, in a browser MASQ_BROWSER_UNSUITABLE, on Node
   * MASQ_DIRECTORY_INVALID.
   */
  static async connect(options: ConnectOptions): Promise<MasqClient> {
    const seen = new SeenVersions();
    const listeners = new Set<(status: Status) => void>();
    let tellStatus = (): void => {};
    const connected = await connect(options, { seen, onStatus: () => tellStatus() });
    const client = new MasqClient(connected, seen, listeners);
    tellStatus = () => client.#tellStatus();
    return client;
  }

  /**
   * Forgets the store this app was granted access by: the next `connect` asks for access anew. For a person who has
   * set up their store again; never call it by itself when MASQ_STORE_MISMATCH comes up.
   */
  static async forgetStore(options: Pick<ConnectOptions, "app" | "directory">): Promise<void> {
    checkConnect(options);
    const app = platform.identify(options.app.id);
    await (await platform.openCredentials(app.identity, options.directory)).saveGrant(undefined);
  }

  /** Whether a store has the data, or the app itself. Changes with `useStore`, and when a store's owner withdraws access. */
  get mode(): Mode {
    return this.#connected.way.mode;
  }

  /** Of the app's own devices; in store mode it refuses, as stores are paired by their owner. */
  get pairing(): Pairing {
    return this.#connected.way.pairing;
  }

  /** The value, or undefined when the key is absent. */
  async get(key: string, options: ReadOptions = {}): Promise<unknown> {
    return (await this.getEntry(key, options))?.value;
  }

  /** The entry with its version, or undefined when the key is absent. */
  async getEntry(key: string, options: ReadOptions = {}): Promise<Entry | undefined> {
    checkKey(key);
    const answer = fields.asArray(await this.#read("get", key, options), "an entry");
    const shown = readEntry([key, ...answer]);
    const entry = this.#deliver(shown);
    return shown.value === null ? undefined : entry;
  }

  /** The values in the order of the keys; undefined for those absent. */
  async getMany(keys: readonly string[], options: ReadOptions = {}): Promise<unknown[]> {
    if (!Array.isArray(keys)) throw invalid("Keys are an array");
    for (const key of keys) checkKey(key);
    const values: unknown[] = [];
    while (values.length < keys.length) {
      const asked = keys.slice(values.length, values.length + MAX_PAGE_KEYS);
      const items = fields.asArray(await this.#read("getMany", asked, options), "entries");
      if (items.length === 0)
        throw new MasqError("MASQ_MESSAGE_INVALID", "The store answered with nothing.");
      for (const item of items) values.push(this.#deliver(readEntry(item)).value);
    }
    return values;
  }

  /** Resolves with the entry's new version when the value is durable. */
  async put(key: string, value: unknown, options: WriteOptions = {}): Promise<string> {
    checkKey(key);
    const [version] = await this.#writeOne(key, encodeValue(value), options);
    return version as string;
  }

  /** Resolves when the deletion is durable; nothing happens when the key is absent. */
  async del(key: string, options: WriteOptions = {}): Promise<void> {
    checkKey(key);
    await this.#writeOne(key, null, options);
  }

  /** All operations or none, as one commit on every device; resolves with each entry's version. */
  async batch(
    operations: readonly BatchOperation[],
    options: BatchOptions = {},
  ): Promise<string[]> {
    if (!Array.isArray(operations)) throw invalid("A batch is an array");
    const encoded = operations.map((operation): WriteOperation => {
      checkKey(operation?.key);
      // Whatever is not known must not be taken for a deletion.
      if (operation.op !== "put" && operation.op !== "del")
        throw invalid('An operation is a "put" or a "del"');
      const value = operation.op === "put" ? encodeValue(operation.value) : null;
      return { key: operation.key, value, ifVersion: operation.ifVersion };
    });
    checkBatch(encoded);
    return this.#write(encoded, options);
  }

  /** The entries of a range in byte order of their keys, all in memory; `entries` goes through them in pages. */
  async list(options: ListOptions = {}): Promise<Entry[]> {
    const listed: Entry[] = [];
    for await (const page of this.#pages(options)) listed.push(...page);
    return listed;
  }

  /** The entries of a range one by one, never more than a page of them in memory. */
  async *entries(options: ListOptions = {}): AsyncGenerator<Entry, void, undefined> {
    for await (const page of this.#pages(options)) yield* page;
  }

  /**
   * Calls `listener` once for each commit that touches what is watched, local or from elsewhere, in order. A text is a
   * prefix. After an interruption the changes missed come merged. The returned function ends it.
   */
  watch(
    target: string | { readonly key: string },
    listener: (changes: Entry[]) => void,
  ): () => void {
    if (typeof target === "string") checkRange({ prefix: target });
    else checkKey(target?.key);
    checkListener(listener);
    return this.#link.watch(
      typeof target === "string" ? { prefix: target } : { key: target.key },
      (shown) => {
        const changes = shown.map((entry) => this.#deliver(entry));
        callApp(() => listener(changes));
      },
    );
  }

  /** The concurrent versions of an entry, the one shown first; a later `put` resolves them. */
  async conflicts(key: string, options: ReadOptions = {}): Promise<Sibling[]> {
    checkKey(key);
    const items = fields.asArray(await this.#read("conflicts", key, options), "siblings");
    const siblings = items.map((item) => {
      const [value, version, , time] = fields.asArray(item, "a sibling");
      return {
        value: value instanceof Uint8Array ? decodeValue(value) : undefined,
        version: fields.asText(version, "a version"),
        time: new Date(fields.asUint(time, "a time")),
      };
    });
    this.#seen.delivered(key, siblings.map(({ version }) => version).join("+"));
    return siblings;
  }

  async status(options: ReadOptions = {}): Promise<DataStatus> {
    const answer = fields.asRecord(await this.#read("status", null, options), "a status");
    return {
      ...this.#status(),
      storage: await this.#connected.way.storageKind(),
      evicted: answer["evicted"] === true,
      devices: readDevices(answer["devices"]),
      trouble: readTrouble(answer["trouble"]),
      unreachable: readTrouble(answer["unreachable"]),
      entries: fields.asUint(answer["entries"], "a count"),
      bytes: fields.asUint(answer["bytes"], "a size"),
    };
  }

  /** The person's other devices that share this app's data; in store mode without ids and names. */
  async devices(options: ReadOptions = {}): Promise<Device[]> {
    checkOptions(options);
    return this.#connected.way.devices(this.#link, options.signal);
  }

  /**
   * Calls `listener` when the connection goes, comes back, or ends for good, when other devices come further, and when there
   * is trouble with the storage, or none any more.
   */
  on(event: "status", listener: (status: Status) => void): () => void {
    if (event !== "status") throw invalid("The only event is status");
    checkListener(listener);
    this.#statusListeners.add(listener);
    this.#link.otherDevices.follow();
    return () => void this.#statusListeners.delete(listener);
  }

  /**
   * Asks for access at the store of this computer and gives it the data held here, with their versions and conflicts; from
   * then on the app works on the store, in all its tabs, without a reload: `mode` changes, calls under way and watches go on.
   * Only to be called from a click: the browser may ask the person first. Shows nothing by itself. In store mode it
   * resolves at once.
   *
   * Resolves with why not rather than rejecting; rejects with MASQ_ABORTED, MASQ_CLOSED, MASQ_STORAGE_…,
   * MASQ_PAIRING_FAILED, or MASQ_CIRCLE_CONFLICT when app and store are both in circles with other devices. Then nothing is lost, the app goes on as before, and it may be called again.
   */
  async useStore(options: UseStoreOptions): Promise<UseStoreResult> {
    checkAsking(options, "onConsent");
    checkOptions(options, { function: "onProgress" });
    return this.#connected.way.useStore(this.#connected, options);
  }

  /**
   * Asks the browser to keep what this app holds until the person deletes it. To be called from a click; `useStore`,
   * `pairing.invite` and `pairing.accept` ask by themselves. Resolves with what holds then: at once where the browser decides
   * by itself, as Chromium does; in Firefox once the person has answered, which may be never.
   */
  persist(): Promise<StorageKind> {
    return this.#connected.way.persist();
  }

  /** Ends the connection. Calls under way reject with MASQ_CLOSED; a write already sent with MASQ_OUTCOME_UNKNOWN. */
  close(): Promise<void> {
    return this.#connected.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #status(): Status {
    const { attachment, end, otherDevices } = this.#link;
    const { way, noStore } = this.#connected;
    return {
      mode: way.mode,
      connected: attachment !== undefined,
      ended: end,
      devices: otherDevices.devices,
      trouble: otherDevices.trouble,
      unreachable: otherDevices.unreachable,
      noStore,
    };
  }

  #tellStatus(): void {
    const status = this.#status();
    for (const listener of this.#statusListeners) callApp(() => listener(status));
  }

  async #writeOne(key: string, value: Uint8Array | null, options: WriteOptions): Promise<string[]> {
    checkOptions(options);
    return this.#write([{ key, value, ifVersion: options.ifVersion }], options);
  }

  async #write(operations: readonly WriteOperation[], options: BatchOptions): Promise<string[]> {
    checkOptions(options);
    const { signal, until } = options;
    for (const operation of operations) checkOptions(operation, { string: "ifVersion" });
    const devices = until === "device" ? 1 : until;
    if (devices === undefined) return this.#link.write(operations, signal);
    if (!Number.isInteger(devices) || devices < 1 || devices > MAX_DEVICES)
      throw invalid('`until` is "device" or a number of devices');
    const versions = await this.#link.write(operations, signal);
    await this.#link.otherDevices.whenHeld(devices, signal);
    return versions;
  }

  async #read(method: string, params: unknown, options: ReadOptions): Promise<unknown> {
    checkOptions(options);
    return this.#link.read(method, params, options.signal);
  }

  #deliver(shown: Shown): Entry {
    this.#seen.delivered(shown.key, shown.version);
    return entryOf(shown);
  }

  async *#pages(options: ListOptions): AsyncGenerator<Entry[]> {
    checkOptions(options, { string: "prefix gt gte lt lte", boolean: "reverse" });
    const { limit = Infinity, signal, ...range } = options;
    checkRange(range);
    if (limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0))
      throw invalid("A limit is a whole number from 0 on");
    let rest = limit;
    let next = range;
    while (rest > 0) {
      const asked = { ...next, limit: Math.min(rest, MAX_PAGE_KEYS) };
      const [items, more] = fields.asArray(await this.#read("list", asked, { signal }), "a page");
      const page = fields.asArray(items, "entries").map((item) => this.#deliver(readEntry(item)));
      rest -= page.length;
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (more !== true || last === undefined) return;
      next = range.reverse === true ? { ...next, lt: last.key } : { ...next, gt: last.key };
    }
  }
}

const checkListener = (listener: unknown): void => {
  if (typeof listener !== "function") throw invalid("A listener is a function");
};
