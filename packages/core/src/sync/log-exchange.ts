/**
 * The device log within a session: both sides come to the same log before anything else, for it says what may be offered;
 * afterwards every operation is passed on as it becomes known. docs/sync.md, "The device log".
 */
import { compareBytes, toHex } from "../bytes/bytes.ts";
import { invalid } from "./decode.ts";
import { MAX_LOG_OPERATIONS, MAX_SYNC_MESSAGE_BYTES } from "./limits.ts";
import type { Log, SignedItem } from "./messages.ts";

/** The device log as a session carries it; its operations are opaque here. */
export interface SharedLog {
  /** Equal on two devices exactly when their logs are. */
  readonly headsHash: Uint8Array;
  /** All operations, each after its parents. */
  readonly operations: readonly SignedItem[];
  /**
   * Takes in what a peer sent; known ones are skipped; resolves when all are durable; rejects with MASQ_MESSAGE_INVALID
   * for what does not count.
   */
  add(items: readonly SignedItem[]): Promise<void>;
  /** Calls `listener` with operations that became known and are durable, whoever brought them. Returns the end of it. */
  onAdded(listener: (items: readonly SignedItem[]) => void): () => void;
}

export interface LogExchangeOptions {
  readonly send: (message: Log) => void;
  /** Both logs were the same at one time: offers may be made. */
  readonly opened: () => void;
}

/** Leaves room for what else a message holds. */
const MAX_ITEMS_BYTES = MAX_SYNC_MESSAGE_BYTES - 1024;
/** Signature and brackets. */
const ITEM_OVERHEAD_BYTES = 80;

/** As many items as fit a message. */
const cutItems = (items: readonly SignedItem[]): number => {
  let bytes = 0;
  let count = 0;
  for (const [operation] of items) {
    bytes += operation.length + ITEM_OVERHEAD_BYTES;
    if (bytes > MAX_ITEMS_BYTES) break;
    count += 1;
  }
  return count;
};

/** No two operations have the same. */
const nameOf = ([, signature]: SignedItem): string => toHex(signature);

export class LogExchange {
  /** Of our log when the session began: both sides must draw the same conclusion from the two hellos. */
  readonly headsHash: Uint8Array;
  readonly #log: SharedLog;
  readonly #options: LogExchangeOptions;
  readonly #stop: () => void;
  /** What the peer sent, was sent, or is about to be sent. */
  readonly #exchanged = new Set<string>();
  #unsent: SignedItem[] = [];
  #takenCount = 0;
  #hasMet = false;
  #hasSentLast = false;
  #hasTakenLast = false;

  constructor(log: SharedLog, options: LogExchangeOptions) {
    this.#log = log;
    this.#options = options;
    this.headsHash = log.headsHash;
    this.#stop = log.onAdded((items) => this.#added(items));
  }

  /** Offers may be sent, and may come: the peer sends none before it has taken in the last of our log. */
  get isOpen(): boolean {
    return this.#hasSentLast && this.#hasTakenLast;
  }

  /** The peer's hello has come; if the logs differ, `turn` sends ours. */
  meet(headsHash: Uint8Array): void {
    this.#hasMet = true;
    if (compareBytes(headsHash, this.headsHash) !== 0) {
      this.#unsent = [...this.#log.operations];
      this.#note(this.#unsent);
      return;
    }
    this.#hasSentLast = true;
    this.#hasTakenLast = true;
    this.#sendUnsent();
    this.#options.opened();
  }

  /** Sends the next part of our log; false when there is none. */
  turn(): boolean {
    if (!this.#hasMet || this.#hasSentLast) return false;
    this.#sendPart();
    this.#hasSentLast = this.#unsent.length === 0;
    if (this.isOpen) this.#options.opened();
    return true;
  }

  /** Resolves when the operations are durable. Throws or rejects with MASQ_MESSAGE_INVALID for what may not come. */
  async take({ items, isLast }: Log): Promise<void> {
    if (!this.#hasMet) invalid("a message before hello");
    const isLive = this.#hasTakenLast;
    // Nobody has more, and sends any of it twice.
    this.#takenCount += items.length;
    if (this.#takenCount > MAX_LOG_OPERATIONS) invalid("too many operations");
    if ((items.length === 0 && (isLive || !isLast)) || (isLive && !isLast)) invalid("log");
    this.#note(items);
    await this.#log.add(items);
    if (isLive || !isLast) return;
    this.#hasTakenLast = true;
    if (this.isOpen) this.#options.opened();
  }

  close(): void {
    this.#stop();
  }

  #added(items: readonly SignedItem[]): void {
    const fresh = items.filter((item) => !this.#exchanged.has(nameOf(item)));
    this.#note(fresh);
    this.#unsent.push(...fresh);
    // At once, and before whatever may depend on it: a new device's replicas are announced next.
    if (this.#hasSentLast) this.#sendUnsent();
  }

  #note(items: readonly SignedItem[]): void {
    for (const item of items) this.#exchanged.add(nameOf(item));
  }

  #sendUnsent(): void {
    while (this.#unsent.length > 0) this.#sendPart();
  }

  #sendPart(): void {
    const items = this.#unsent.splice(0, cutItems(this.#unsent));
    this.#options.send({
      type: "log",
      items,
      isLast: this.#hasSentLast || this.#unsent.length === 0,
    });
  }
}
