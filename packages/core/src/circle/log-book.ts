/**
 * The device log as this device keeps it, with its own place in it: every operation is durable before anybody is told of
 * it. docs/circle.md, "Kept on a device".
 */
import { encode } from "cborg";
import { decodeOne } from "../bytes/cbor.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import type { Clock } from "../host.ts";
import type { Storage } from "../storage.ts";
import { DeviceLog, MAX_OPERATIONS, type Member } from "./device-log.ts";
import {
  hasSameKeys,
  isDeviceName,
  readRecord,
  type DeviceRecord,
  type SignedRecord,
} from "./device-record.ts";
import {
  readOperation,
  type DeviceRole,
  type Draft,
  type Operation,
  type OperationHash,
} from "./operation.ts";
import type { SignedItem } from "./signed-fields.ts";

/** This device: its id, the seed of its identity key, and its record with the keys it has now. */
export interface OwnDevice {
  readonly id: DeviceId;
  readonly identitySeed: Uint8Array;
  readonly record: SignedRecord;
}

export interface LogBookOptions {
  readonly crypto: PeerPrimitives;
  readonly clock: Pick<Clock, "now" | "setTimer">;
  readonly storage: Storage;
  /** Whose notes the log is kept in. One log book at a time. */
  readonly namespace: NamespaceId;
  readonly own: OwnDevice;
  /** What this device is in a circle that it begins. */
  readonly role: DeviceRole;
  readonly scope?: NamespaceId | undefined;
}

const PREFIX = "device-log/";
/** Operations taken in at one go. A full log takes seconds to verify, and a peer may send one: others must have their turn. */
const SLICE = 64;

const noteName = (index: number): string => `${PREFIX}${index.toString().padStart(4, "0")}`;

const itemOf = ({ bytes, signature }: Operation): SignedItem => [bytes, signature];

const noteOf = (operation: Operation, index: number): readonly [string, Uint8Array] => [
  noteName(index),
  encode(itemOf(operation)),
];

const invalid = (): MasqError =>
  new MasqError("MASQ_MESSAGE_INVALID", "A device log is malformed. Nothing was changed.");

const damaged = (cause?: unknown): MasqError =>
  new MasqError(
    "MASQ_STORAGE_DAMAGED",
    "The list of this owner's devices cannot be read as it was written, or belongs to another device. Copy everything away, then restore a backup.",
    { cause },
  );

/** Takes in what is not known, in the order given. Throws MASQ_MESSAGE_INVALID at the first that does not count. */
const addAll = (crypto: PeerPrimitives, log: DeviceLog, items: readonly unknown[]): Operation[] =>
  items.map((item) => readOperation(crypto, item)).filter((operation) => log.add(operation));

/** The log that `items` are, each after its parents. Throws MASQ_MESSAGE_INVALID. */
const logOf = (crypto: PeerPrimitives, items: readonly unknown[]): DeviceLog => {
  const [first, ...rest] = items;
  if (items.length > MAX_OPERATIONS) throw invalid();
  const log = DeviceLog.begin(crypto, readOperation(crypto, first));
  addAll(crypto, log, rest);
  return log;
};

const isSameRecord = (a: DeviceRecord, b: DeviceRecord): boolean =>
  hasSameKeys(a, b) && a.name === b.name && a.syncServices.join(" ") === b.syncServices.join(" ");

/** Equal as long as an app or a person would see no difference. */
const shown = (log: DeviceLog): string =>
  JSON.stringify(
    log
      .members()
      .map(({ record, name, role, scope }) => [record.id, name, role, scope, record.syncServices])
      .toSorted(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
  );

export class LogBook {
  readonly #options: LogBookOptions;
  readonly #ownRecord: DeviceRecord;
  readonly #added = new Set<(items: readonly SignedItem[]) => void>();
  readonly #changed = new Set<() => void>();
  #log: DeviceLog;
  /** Settles with the write made last. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: LogBookOptions, ownRecord: DeviceRecord, log: DeviceLog) {
    this.#options = options;
    this.#ownRecord = ownRecord;
    this.#log = log;
  }

  /**
   * Reads and verifies the log, or begins a circle of this device alone. Throws MASQ_STORAGE_DAMAGED when something of it
   * does not count, or it does not list this device with its keys; MASQ_MESSAGE_INVALID when the own record is none.
   */
  static async open(options: LogBookOptions): Promise<LogBook> {
    const { crypto, clock, storage, namespace, own, role, scope } = options;
    const ownRecord = readRecord(crypto, own.record);
    const notes = await storage.notes(namespace, PREFIX);
    if (notes.length > 0) {
      const book = new LogBook(options, ownRecord, logFromNotes(crypto, notes));
      if (!book.#lists(book.#log)) throw damaged();
      return book;
    }
    const { id, identitySeed, record } = own;
    const wall = wallOf(clock);
    const log = DeviceLog.create(crypto, identitySeed, { id, record, role, scope, wall });
    const book = new LogBook(options, ownRecord, log);
    await book.#replaceNotes(log, 0);
    return book;
  }

  /** Hash of the circle's first operation: the circle's name. */
  get circle(): OperationHash {
    return this.#log.circle;
  }

  /** Equal on two devices exactly when their logs are. */
  get headsHash(): Uint8Array {
    return this.#log.headsHash;
  }

  /** Each after its parents, as they travel. */
  get operations(): readonly SignedItem[] {
    return this.#log.operations.map(itemOf);
  }

  members(): Member[] {
    return this.#log.members();
  }

  member(id: DeviceId): Member | undefined {
    return this.#log.member(id);
  }

  /** Whether this device may add others: a store may, and an app where there is no store. */
  get mayAdmit(): boolean {
    return this.#log.mayAdd(this.#options.own.id);
  }

  /**
   * Takes in what a peer has sent, each after its parents; what is known is skipped. All or nothing, durable when it
   * resolves. MASQ_MESSAGE_INVALID when something does not count here.
   */
  add(items: readonly SignedItem[]): Promise<void> {
    return this.#write(async (log) => {
      if (items.length > MAX_OPERATIONS) throw invalid();
      await this.#addInSlices(log, items);
    });
  }

  /** MASQ_NOT_FOUND for a device that is no member, MASQ_OPTION_INVALID for a name that is none or not ours to give. */
  rename(device: DeviceId, name: string): Promise<void> {
    return this.#write((log) => {
      if (!isDeviceName(name)) {
        throw new MasqError(
          "MASQ_OPTION_INVALID",
          "A device's name is 1 to 64 characters in one line, without a space at either end.",
        );
      }
      const member = log.member(device);
      if (member === undefined) {
        throw new MasqError("MASQ_NOT_FOUND", "There is no such device. Nothing was changed.");
      }
      const { own } = this.#options;
      if (device !== own.id && log.member(own.id)?.role !== "store") {
        throw new MasqError("MASQ_OPTION_INVALID", "Only a store renames other devices.");
      }
      if (member.name !== name) this.#issue(log, { kind: "rename", device, name });
    });
  }

  /**
   * Adds a device, unless it is a member. MASQ_MESSAGE_INVALID when the record is none, the log is full, or this device
   * may not add it.
   */
  admit(record: SignedRecord, role: DeviceRole, scope?: NamespaceId): Promise<void> {
    return this.#write((log) => {
      const { id } = readRecord(this.#options.crypto, record);
      if (log.member(id) === undefined) this.#issue(log, { kind: "add", record, role, scope });
    });
  }

  /** Tells the circle of a newer record of this device, with the same keys; MASQ_MESSAGE_INVALID otherwise. */
  update(record: SignedRecord): Promise<void> {
    return this.#write((log) => {
      const newer = readRecord(this.#options.crypto, record);
      const { record: known } = log.member(this.#options.own.id) as Member;
      if (!isSameRecord(newer, known)) this.#issue(log, { kind: "update", record });
    });
  }

  /**
   * Leaves a circle of one for the circle of another device, whose log lists this one with the keys it has. Nothing
   * changes when the log is malformed, lists this device otherwise or not at all, or is not accepted by `accept`
   * (MASQ_MESSAGE_INVALID), or when this device is not alone (MASQ_CIRCLE_CONFLICT). Durable when it resolves.
   */
  enter(
    items: readonly SignedItem[],
    accept: (log: Pick<DeviceLog, "circle" | "member">) => boolean = () => true,
  ): Promise<void> {
    return this.#serially(async () => {
      const former = this.#log;
      const { crypto } = this.#options;
      const log = logOf(crypto, items.slice(0, 1));
      if (items.length > MAX_OPERATIONS) throw invalid();
      await this.#addInSlices(log, items.slice(1));
      if (log.circle === former.circle || !this.#lists(log) || !accept(log)) throw invalid();
      if (former.members().length > 1) {
        throw new MasqError(
          "MASQ_CIRCLE_CONFLICT",
          "This device belongs together with others already. Nothing was changed.",
        );
      }
      await this.#replaceNotes(log, former.operations.length);
      this.#become(log);
    });
  }

  /** Told of new operations, ours and others', once they are durable; not of those of a circle entered. Must not throw. */
  onAdded(listener: (items: readonly SignedItem[]) => void): () => void {
    this.#added.add(listener);
    return () => this.#added.delete(listener);
  }

  /** Told when members, their names or where they listen have changed, also by entering a circle. Must not throw. */
  onChanged(listener: () => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  #lists(log: DeviceLog): boolean {
    const member = log.member(this.#options.own.id);
    return member !== undefined && hasSameKeys(member.record, this.#ownRecord);
  }

  #issue(log: DeviceLog, body: Draft["body"]): void {
    const { own, clock } = this.#options;
    log.issue(own.identitySeed, own.id, wallOf(clock), body);
  }

  async #addInSlices(log: DeviceLog, items: readonly SignedItem[]): Promise<void> {
    const { crypto, clock } = this.#options;
    for (let start = 0; start < items.length; start += SLICE) {
      if (start > 0) await new Promise<void>((resolve) => clock.setTimer(0, resolve));
      addAll(crypto, log, items.slice(start, start + SLICE));
    }
  }

  /** Makes changes to a copy of the log, keeps what is new in it, and only then goes on with the copy. */
  #write(change: (log: DeviceLog) => void | Promise<void>): Promise<void> {
    return this.#serially(async () => {
      const log = this.#log.copy();
      await change(log);
      const known = this.#log.operations.length;
      const added = log.operations.slice(known);
      if (added.length === 0) return;
      const notes = added.map((operation, index) => noteOf(operation, known + index));
      await this.#keep(notes);
      this.#become(log);
      for (const listener of this.#added) listener(added.map(itemOf));
    });
  }

  #become(log: DeviceLog): void {
    const before = shown(this.#log);
    this.#log = log;
    if (shown(log) !== before) for (const listener of this.#changed) listener();
  }

  #replaceNotes(log: DeviceLog, formerCount: number): Promise<void> {
    const notes: (readonly [string, Uint8Array | undefined])[] = log.operations.map(noteOf);
    for (let index = notes.length; index < formerCount; index += 1)
      notes.push([noteName(index), undefined]);
    return this.#keep(notes);
  }

  #keep(notes: readonly (readonly [string, Uint8Array | undefined])[]): Promise<void> {
    const { storage, namespace } = this.#options;
    return storage.update(namespace, {}, () => ({ notes, result: undefined }));
  }

  /** Each write sees what the ones before it have left, also when they failed. */
  #serially<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** A clock may stand before 1970; a label need not tell. */
const wallOf = (clock: Pick<Clock, "now">): number => Math.max(0, Math.floor(clock.now()));

const logFromNotes = (
  crypto: PeerPrimitives,
  notes: readonly (readonly [name: string, value: Uint8Array])[],
): DeviceLog => {
  if (notes.some(([name], index) => name !== noteName(index))) throw damaged();
  try {
    return logOf(
      crypto,
      notes.map(([, value]) => decodeOne(value, {})),
    );
  } catch (cause) {
    throw damaged(cause);
  }
};
