/**
 * A device log without real signatures over a real storage: quick enough for thousands of lives. An operation is the hashes
 * of its parents and the device it adds.
 */
import { compareBytes, concatBytes, fromHex, toHex, utf8 } from "../../bytes/bytes.ts";
import { noblePrimitives } from "../../crypto/noble.ts";
import { HASH_BYTES } from "../../crypto/primitives.ts";
import type { NamespaceId } from "../../data/ids.ts";
import { MasqError } from "../../errors.ts";
import type { Storage } from "../../storage.ts";
import type { SharedLog } from "../../sync/log-exchange.ts";
import { DEVICE_BYTES, SIGNATURE_BYTES, type SignedItem } from "../../sync/messages.ts";

/** Whose notes hold it. */
export const CIRCLE: NamespaceId = "masq:circle" as NamespaceId;
const PREFIX = "operation/";

const sha256 = (bytes: Uint8Array): Uint8Array => noblePrimitives.sha256(bytes);

const hashOf = (bytes: Uint8Array): string => toHex(sha256(bytes));

const signatureOf = (bytes: Uint8Array): Uint8Array => {
  const half = sha256(concatBytes(utf8("signed"), bytes));
  return concatBytes(half, half);
};

const refused = (): MasqError =>
  new MasqError("MASQ_MESSAGE_INVALID", "An operation of the device log does not count.");

export class SimLog implements SharedLog {
  readonly #storage: Storage;
  readonly #itemByHash = new Map<string, SignedItem>();
  readonly #heads = new Set<string>();
  readonly #devices = new Set<string>();
  readonly #listeners = new Set<(items: readonly SignedItem[]) => void>();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** What the storage holds; `own` is added to an empty one. */
  static async open(storage: Storage, own: Uint8Array): Promise<SimLog> {
    const log = new SimLog(storage);
    const notes = await storage.notes(CIRCLE, PREFIX);
    for (const [, note] of notes.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const end = note.length - SIGNATURE_BYTES;
      log.#take([note.subarray(0, end), note.subarray(end)]);
    }
    if (notes.length === 0) await log.issue(own);
    return log;
  }

  get headsHash(): Uint8Array {
    return sha256(concatBytes(...[...this.#heads].toSorted().map(fromHex)));
  }

  get operations(): readonly SignedItem[] {
    return [...this.#itemByHash.values()];
  }

  isMember(device: Uint8Array): boolean {
    return this.#devices.has(toHex(device));
  }

  /** Adds a device on top of all that is known. */
  issue(device: Uint8Array): Promise<void> {
    return this.#inTurn(() => {
      const bytes = concatBytes(...[...this.#heads].toSorted().map(fromHex), device);
      return this.#keep([[bytes, signatureOf(bytes)]]);
    });
  }

  add(items: readonly SignedItem[]): Promise<void> {
    return this.#inTurn(() => {
      const fresh: SignedItem[] = [];
      const here = new Set(this.#itemByHash.keys());
      for (const item of items) {
        const [bytes, signature] = item;
        const hash = hashOf(bytes);
        if (here.has(hash)) continue;
        const isSound =
          bytes.length % HASH_BYTES === 0 && parentsOf(bytes).every((parent) => here.has(parent));
        if (!isSound || compareBytes(signature, signatureOf(bytes)) !== 0) throw refused();
        here.add(hash);
        fresh.push(item);
      }
      return this.#keep(fresh);
    });
  }

  onAdded(listener: (items: readonly SignedItem[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }

  async #keep(items: readonly SignedItem[]): Promise<void> {
    if (items.length === 0) return;
    const first = this.#itemByHash.size;
    const notes = items.map(([bytes, signature], index): [string, Uint8Array] => [
      PREFIX + String(first + index).padStart(6, "0"),
      concatBytes(bytes, signature),
    ]);
    await this.#storage.update(CIRCLE, {}, () => ({ notes, result: undefined }));
    for (const item of items) this.#take(item);
    for (const listener of this.#listeners) listener(items);
  }

  #take(item: SignedItem): void {
    const [bytes] = item;
    const hash = hashOf(bytes);
    this.#itemByHash.set(hash, item);
    for (const parent of parentsOf(bytes)) this.#heads.delete(parent);
    this.#heads.add(hash);
    this.#devices.add(toHex(bytes.subarray(bytes.length - DEVICE_BYTES)));
  }
}

const parentsOf = (bytes: Uint8Array): string[] => {
  const parents: string[] = [];
  for (let at = 0; at < bytes.length - DEVICE_BYTES; at += HASH_BYTES) {
    parents.push(toHex(bytes.subarray(at, at + HASH_BYTES)));
  }
  return parents;
};
