/**
 * The calls of a client that the store has not answered: in the order they were made, sent within bounds, and sent
 * again on each new connection. A read never overtakes a write made before it.
 */
import type { SeenVersions } from "../seen-versions.ts";
import type { PendingRead } from "./pending-read.ts";
import { PendingWrite, type SettleWrite, type WriteOperation } from "./pending-write.ts";
import { Queue } from "./queue.ts";

/** Writes on the wire and unanswered; fewer than the store remembers of a client (own-writes.ts in core). */
const MAX_SENT_WRITES = 2048;
const MAX_SENT_BYTES = 4 * 1024 * 1024;

export class Outbox {
  readonly #seen: SeenVersions;
  readonly #reads = new Set<PendingRead>();
  /** By number, hence in order. */
  readonly #writes = new Map<number, PendingWrite>();
  readonly #latestWriteByKey = new Map<string, PendingWrite>();
  #lastNumber = 0;
  /**
   * What has yet to be sent on this connection; calls given up meanwhile are passed over when their turn comes.
   * Undefined while there is no connection: the next one starts with everything.
   */
  #unsent: Queue<PendingRead | PendingWrite> | undefined;
  readonly #onWire = new Set<PendingWrite>();
  #onWireBytes = 0;

  constructor(seen: SeenVersions) {
    this.#seen = seen;
  }

  get isEmpty(): boolean {
    return this.#reads.size === 0 && this.#writes.size === 0;
  }

  /** Those not answered yet. */
  get reads(): Iterable<PendingRead> {
    return this.#reads;
  }

  /** Those not answered yet, in order. */
  get writes(): Iterable<PendingWrite> {
    return this.#writes.values();
  }

  /** No write is under way. */
  get isQuiet(): boolean {
    return this.#onWire.size === 0;
  }

  /** Every write with a lower number has been answered. */
  get answeredBelow(): number {
    const [lowest = this.#lastNumber + 1] = this.#writes.keys();
    return lowest;
  }

  addRead(read: PendingRead): void {
    this.#reads.add(read);
    this.#unsent?.push(read);
  }

  /** Numbers a write, with what the app has seen of its keys by now. */
  addWrite(
    operations: readonly WriteOperation[],
    awayBeforeMs: number,
    settle: SettleWrite,
  ): PendingWrite {
    this.#lastNumber += 1;
    const withSeen = operations.map((operation) => ({
      ...operation,
      seen: this.#seen.get(operation.key),
      own: this.#latestWriteByKey.get(operation.key),
    }));
    const write = new PendingWrite(this.#lastNumber, awayBeforeMs, withSeen, settle);
    this.#writes.set(write.number, write);
    for (const { key } of operations) this.#latestWriteByKey.set(key, write);
    this.#unsent?.push(write);
    return write;
  }

  /** The next call to send; undefined when there is none, or as many writes on the wire as may be. */
  next(): PendingRead | PendingWrite | undefined {
    for (let call = this.#unsent?.peek(); call !== undefined; call = this.#unsent?.peek()) {
      if (call instanceof PendingWrite && this.#isFull()) return undefined;
      this.#unsent?.shift();
      if (!this.#waits(call)) continue;
      if (call instanceof PendingWrite) this.#leaves(call);
      return call;
    }
    return undefined;
  }

  /** A new connection: everything is to be sent on it, the writes first. */
  connected(): void {
    this.#unsent = new Queue<PendingRead | PendingWrite>([
      ...this.#writes.values(),
      ...this.#reads,
    ]);
    this.#onWire.clear();
    this.#onWireBytes = 0;
  }

  disconnected(): void {
    this.#unsent = undefined;
  }

  /** The store has answered, whether or not anybody still waits for it: there is room for another. */
  wasAnswered(write: PendingWrite): void {
    if (this.#onWire.delete(write)) this.#onWireBytes -= write.bytes;
  }

  /** False when it was answered or given up before. */
  removeRead(read: PendingRead): boolean {
    return this.#reads.delete(read);
  }

  /** False when it was answered or given up before. Its number is never used again. */
  removeWrite(write: PendingWrite): boolean {
    write.release();
    for (const { key } of write.operations) {
      if (this.#latestWriteByKey.get(key) === write) this.#latestWriteByKey.delete(key);
    }
    return this.#writes.delete(write.number);
  }

  #waits(call: PendingRead | PendingWrite): boolean {
    return call instanceof PendingWrite ? this.#writes.has(call.number) : this.#reads.has(call);
  }

  #leaves(write: PendingWrite): void {
    this.#onWire.add(write);
    this.#onWireBytes += write.bytes;
    write.wasSent = true;
  }

  #isFull(): boolean {
    return this.#onWire.size >= MAX_SENT_WRITES || this.#onWireBytes >= MAX_SENT_BYTES;
  }
}
