/**
 * The device log of a circle: which devices belong together, by their own signatures alone. Operations only ever come
 * in; what they amount to follows from the set of them, whatever the order they came in. An operation counts if its
 * issuer was a member in the operation's own past. docs/circle.md, "The log".
 */
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import { LOG_HEADS_LABEL } from "../crypto/labels.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import type { DeviceRecord, SignedRecord } from "./device-record.ts";
import {
  isSignedBy,
  signOperation,
  type DeviceRole,
  type Draft,
  type Operation,
  type OperationBody,
  type OperationHash,
} from "./operation.ts";

/** More than a person's devices ever make; bounds what a member can pile up. */
export const MAX_OPERATIONS = 4096;

export interface Member {
  readonly record: DeviceRecord;
  readonly role: DeviceRole;
  readonly scope: NamespaceId | undefined;
  /** Its newest name. */
  readonly name: string;
  /** Who added it; itself for the first. */
  readonly addedBy: DeviceId;
  /** The adder's wall clock. */
  readonly added: number;
}

export class DeviceLog {
  readonly #crypto: PeerPrimitives;
  /** In an order in which each comes after its parents. */
  readonly #operationByHash = new Map<OperationHash, Operation>();
  readonly #heads = new Set<OperationHash>();
  readonly #memberById = new Map<DeviceId, Member>();
  readonly circle: OperationHash;

  private constructor(crypto: PeerPrimitives, first: Operation) {
    this.#crypto = crypto;
    this.circle = first.hash;
    this.#take(first);
  }

  /** Begins a circle with one device, which adds itself. */
  static create(
    crypto: PeerPrimitives,
    seed: Uint8Array,
    own: {
      readonly id: DeviceId;
      readonly record: SignedRecord;
      readonly role: DeviceRole;
      readonly wall: number;
    },
  ): DeviceLog {
    const { id, record, role, wall } = own;
    const body = { kind: "add", record, role, scope: undefined } as const;
    return DeviceLog.begin(
      crypto,
      signOperation(crypto, seed, { circle: undefined, parents: [], issuer: id, wall, body }),
    );
  }

  /** The log that begins with `first`. Throws MASQ_MESSAGE_INVALID unless that is a device adding itself. */
  static begin(crypto: PeerPrimitives, first: Operation): DeviceLog {
    const { body, issuer, circle } = first;
    const isOwn = body.kind === "add" && body.record.id === issuer && circle === undefined;
    if (!isOwn || !isSignedBy(crypto, first, body.record.identityKey)) throw refused();
    return new DeviceLog(crypto, first);
  }

  /** Hashes of the operations that nothing follows, sorted. */
  get heads(): OperationHash[] {
    return [...this.#heads].toSorted();
  }

  /** SHA-256(label | heads): equal on two devices exactly when their logs are. */
  get headsHash(): Uint8Array {
    return this.#crypto.sha256(concatBytes(LOG_HEADS_LABEL, ...this.heads.map(fromHex)));
  }

  /** All operations, each after its parents. */
  get operations(): Operation[] {
    return [...this.#operationByHash.values()];
  }

  members(): Member[] {
    return [...this.#memberById.values()];
  }

  member(id: DeviceId): Member | undefined {
    return this.#memberById.get(id);
  }

  has(hash: OperationHash): boolean {
    return this.#operationByHash.has(hash);
  }

  /** Signs an operation of ours on top of all that is known, and takes it in. */
  issue(seed: Uint8Array, issuer: DeviceId, wall: number, body: Draft["body"]): Operation {
    const operation = signOperation(this.#crypto, seed, {
      circle: this.circle,
      parents: this.heads,
      issuer,
      wall,
      body,
    });
    this.add(operation);
    return operation;
  }

  /**
   * Takes an operation in; false when it is here already. Throws MASQ_MESSAGE_INVALID when it does not count: of another
   * circle, by somebody who was no member then, badly signed, about nobody; and when its parents are not here yet.
   */
  add(operation: Operation): boolean {
    if (this.#operationByHash.has(operation.hash)) return false;
    const { circle, parents, issuer, body } = operation;
    const isLinked =
      circle === this.circle && parents.every((parent) => this.#operationByHash.has(parent));
    if (!isLinked || this.#operationByHash.size >= MAX_OPERATIONS) throw refused();
    const past = this.#pastOf(parents);
    const issuing = this.#memberIn(past, issuer);
    if (issuing === undefined || !isSignedBy(this.#crypto, operation, issuing.record.identityKey))
      throw refused();
    if (!this.#mayIssue(issuing, operation)) throw refused();
    if (body.kind === "rename" && this.#memberIn(past, body.device) === undefined) throw refused();
    this.#take(operation);
    return true;
  }

  /** Only stores add devices; a device may always be renamed by itself, and by a store. */
  #mayIssue({ role, record }: Member, { body }: Operation): boolean {
    return role === "store" || (body.kind === "rename" && body.device === record.id);
  }

  #pastOf(parents: readonly OperationHash[]): Set<OperationHash> {
    const past = new Set<OperationHash>();
    const open = [...parents];
    for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
      if (past.has(hash)) continue;
      past.add(hash);
      open.push(...(this.#operationByHash.get(hash) as Operation).parents);
    }
    return past;
  }

  #memberIn(past: ReadonlySet<OperationHash>, id: DeviceId): Member | undefined {
    for (const hash of past) {
      const { body } = this.#operationByHash.get(hash) as Operation;
      if (body.kind === "add" && body.record.id === id) return this.#memberById.get(id);
    }
    return undefined;
  }

  #take(operation: Operation): void {
    this.#operationByHash.set(operation.hash, operation);
    for (const parent of operation.parents) this.#heads.delete(parent);
    this.#heads.add(operation.hash);
    this.#describe(
      operation.body.kind === "add" ? operation.body.record.id : operation.body.device,
    );
  }

  /** What the operations about a device amount to; it never matters in which order they came. */
  #describe(id: DeviceId): void {
    const additions: (Operation & { readonly body: Extract<OperationBody, { kind: "add" }> })[] =
      [];
    const names: (Operation & { readonly body: Extract<OperationBody, { kind: "rename" }> })[] = [];
    for (const operation of this.#operationByHash.values()) {
      const { body } = operation;
      if (body.kind === "add" && body.record.id === id) additions.push({ ...operation, body });
      if (body.kind === "rename" && body.device === id) names.push({ ...operation, body });
    }
    // Added by two devices at once: the addition with the smaller hash decides role and scope.
    const [addition] = additions.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
    if (addition === undefined) return;
    // A name given in knowledge of another replaces it; of those given at once the later clock, then the greater hash.
    const replaced = new Set(names.flatMap(({ parents }) => [...this.#pastOf(parents)]));
    const [newest] = names
      .filter(({ hash }) => !replaced.has(hash))
      .toSorted((a, b) => b.wall - a.wall || (a.hash < b.hash ? 1 : -1));
    const { record, role, scope } = addition.body;
    const name = newest?.body.name ?? record.name;
    this.#memberById.set(id, {
      record,
      role,
      scope,
      name,
      addedBy: addition.issuer,
      added: addition.wall,
    });
  }
}

const refused = (): MasqError =>
  new MasqError(
    "MASQ_MESSAGE_INVALID",
    "An operation of the device log does not count here. Nothing was changed.",
  );
