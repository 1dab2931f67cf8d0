/**
 * How all stores of an owner come into an app's circle when one of them is: its log and the stores' records for it are
 * entries of `masq:system` (docs/circle.md, "App circles"). They are signed and only ever added, so that stores that
 * write at once never conflict.
 */
import {
  decodeValue,
  encodeValue,
  codeOf,
  type NamespaceId,
  type Replica,
  type Shown,
} from "@masq/core";
import {
  assembleLogs,
  readOperation,
  readRecord,
  type LogBook,
  type Member,
  type Membership,
  type PeerPrimitives,
  type SignedItem,
} from "@masq/core/peer";
import type { Logger } from "pino";

export interface CircleMirrorOptions {
  readonly log: Logger;
  readonly crypto: PeerPrimitives;
  readonly system: Replica;
  /** This store's membership of the namespace's circle; begun where there is none. */
  readonly open: (namespace: NamespaceId) => Promise<Membership>;
  /** Whether this store takes part in the namespace. */
  readonly isShared: (namespace: NamespaceId) => boolean;
}

const PREFIX = "circle/";
/** The namespace last, as it may hold slashes. */
const KEY = /^circle\/(operation|record)\/[0-9a-f]{64}\/(.+)$/;

interface Kept {
  /** By key. */
  readonly operations: Map<string, SignedItem>;
  readonly records: Map<string, SignedItem>;
  /** Ids of the owner's stores in this circle. */
  readonly stores: Set<string>;
}

export class CircleMirror {
  readonly #options: CircleMirrorOptions;
  readonly #keptByNamespace = new Map<NamespaceId, Kept>();
  #last: Promise<void> = Promise.resolve();

  constructor(options: CircleMirrorOptions) {
    this.#options = options;
  }

  /** Takes in what is there, and whatever comes. */
  async start(): Promise<void> {
    const { system } = this.#options;
    system.onCommit(({ shown }) => this.#takeIn(shown));
    for (let gt: string | undefined; ;) {
      const page = await system.list({ prefix: PREFIX, gt });
      this.#takeIn(page.entries);
      gt = page.entries.at(-1)?.key;
      if (!page.more || gt === undefined) return;
    }
  }

  /** Whether a member of the namespace's circle is a store of the same owner. */
  isOwnStore(namespace: NamespaceId, { record }: Member): boolean {
    return this.#keptByNamespace.get(namespace)?.stores.has(record.id) === true;
  }

  /** This store is in a circle: tells the others, now and of all that is added. */
  opened(namespace: NamespaceId, { book }: Membership): void {
    book.onAdded(() => this.#follow(namespace));
    book.onChanged(() => this.#follow(namespace));
    this.#follow(namespace);
  }

  #takeIn(entries: readonly Shown[]): void {
    const touched = new Set<NamespaceId>();
    for (const { key, value } of entries) {
      const [, kind, name] = KEY.exec(key) ?? [];
      const item = value === null ? undefined : readItem(value);
      if (name === undefined || item === undefined) continue;
      const namespace = name as NamespaceId;
      const kept = this.#kept(namespace);
      if (kind === "operation") kept.operations.set(key, item);
      else this.#takeRecord(kept, key, item);
      touched.add(namespace);
    }
    for (const namespace of touched) this.#follow(namespace);
  }

  #takeRecord({ records, stores }: Kept, key: string, item: SignedItem): void {
    try {
      stores.add(readRecord(this.#options.crypto, item).id);
      records.set(key, item);
    } catch {
      // Not one of ours: whoever wrote it is a store, and made a mistake.
    }
  }

  /** One after the other: each sees what the one before has kept. */
  #follow(namespace: NamespaceId): void {
    this.#last = this.#last
      .then(() => this.#agree(namespace))
      .catch((error: unknown) => {
        const code = codeOf(error) ?? "MASQ_INTERNAL";
        this.#options.log.warn({ namespace, code }, "app circle not followed");
      });
  }

  async #agree(namespace: NamespaceId): Promise<void> {
    const { open, isShared } = this.#options;
    if (!isShared(namespace)) return;
    const membership = await open(namespace);
    const { book, ownRecord } = membership;
    const kept = this.#kept(namespace);
    await this.#tell(namespace, "record", membership.own.record.id, ownRecord, kept.records);
    await this.#takeLogs(book, kept);
    const hasApp = book.members().some(({ role }) => role === "app");
    if (hasApp && book.mayAdmit) {
      for (const record of kept.records.values()) await book.admit(record, "store", namespace);
    }
    if (book.members().length > 1) {
      for (const item of book.operations) {
        const { hash } = readOperation(this.#options.crypto, item);
        await this.#tell(namespace, "operation", hash, item, kept.operations);
      }
    }
    membership.reconsider();
  }

  /** Its own log is completed; the circle of another store is entered by a store that is alone and listed there. */
  async #takeLogs(book: LogBook, { operations }: Kept): Promise<void> {
    for (const [circle, items] of assembleLogs(this.#options.crypto, operations.values())) {
      if (circle === book.circle) await book.add(items);
      else if (book.members().length === 1) await book.enter(items).catch(unlessNotListed);
    }
  }

  async #tell(
    namespace: NamespaceId,
    kind: "operation" | "record",
    hash: string,
    item: SignedItem,
    known: ReadonlyMap<string, SignedItem>,
  ): Promise<void> {
    const key = `${PREFIX}${kind}/${hash}/${namespace}`;
    if (!known.has(key)) await this.#options.system.write([{ key, value: encodeValue([...item]) }]);
  }

  #kept(namespace: NamespaceId): Kept {
    let kept = this.#keptByNamespace.get(namespace);
    if (kept === undefined) {
      kept = { operations: new Map(), records: new Map(), stores: new Set() };
      this.#keptByNamespace.set(namespace, kept);
    }
    return kept;
  }
}

const readItem = (value: Uint8Array): SignedItem | undefined => {
  try {
    const item = decodeValue(value);
    const isItem =
      Array.isArray(item) && item.length === 2 && item.every((part) => part instanceof Uint8Array);
    return isItem ? (item as unknown as SignedItem) : undefined;
  } catch {
    return undefined;
  }
};

/** A log that does not list this store, yet or ever, is none to enter. */
const unlessNotListed = (error: unknown): void => {
  if (codeOf(error) !== "MASQ_MESSAGE_INVALID") throw error;
};
