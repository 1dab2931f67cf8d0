/**
 * The device log of a circle: which devices belong together, by their own signatures alone. Operations only ever come
 * in; what they amount to follows from the set of them, whatever the order they came in. An operation counts if its
 * issuer was a member in the operation's own past. docs/circle.md, "The log".
 */
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import { LOG_HEADS_LABEL } from "../crypto/peer-labels.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DeviceId, NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import { hasSameKeys, type DeviceRecord, type SignedRecord } from "./device-record.ts";
import {
  deviceOf,
  isSignedBy,
  MAX_PARENTS,
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
  /** Its newest. */
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

type OperationOf<Kind extends OperationBody["kind"]> = Operation & {
  readonly body: Extract<OperationBody, { kind: Kind }>;
};

export class DeviceLog {
  readonly #crypto: PeerPrimitives;
  /** In an order in which each comes after its parents. */
  readonly #operationByHash: Map<OperationHash, Operation>;
  readonly #heads: Set<OperationHash>;
  readonly #memberById: Map<DeviceId, Member>;
  readonly circle: OperationHash;

  private constructor(
    crypto: PeerPrimitives,
    circle: OperationHash,
    operations: Map<OperationHash, Operation>,
    heads: Set<OperationHash>,
    members: Map<DeviceId, Member>,
  ) {
    this.#crypto = crypto;
    this.circle = circle;
    this.#operationByHash = operations;
    this.#heads = heads;
    this.#memberById = members;
  }

  /** Begins a circle with one device, which adds itself. */
  static create(
    crypto: PeerPrimitives,
    seed: Uint8Array,
    own: {
      readonly id: DeviceId;
      readonly record: SignedRecord;
      readonly role: DeviceRole;
      readonly scope?: NamespaceId | undefined;
      readonly wall: number;
    },
  ): DeviceLog {
    const { id, record, role, scope, wall } = own;
    const body = { kind: "add", record, role, scope } as const;
    return DeviceLog.begin(
      crypto,
      signOperation(crypto, seed, { circle: undefined, parents: [], issuer: id, wall, body }),
    );
  }

  /** The log that begins with `first`. Throws MASQ_MESSAGE_INVALID unless that is a device adding itself. */
  static begin(crypto: PeerPrimitives, first: Operation): DeviceLog {
    const { body, issuer, circle, hash } = first;
    const isOwn = body.kind === "add" && body.record.id === issuer && circle === undefined;
    if (!isOwn || !isSignedBy(crypto, first, body.record.identityKey)) throw refused();
    const log = new DeviceLog(crypto, hash, new Map(), new Set(), new Map());
    log.#take(first);
    return log;
  }

  /** One more log with the same operations, which goes its own way. */
  copy(): DeviceLog {
    return new DeviceLog(
      this.#crypto,
      this.circle,
      new Map(this.#operationByHash),
      new Set(this.#heads),
      new Map(this.#memberById),
    );
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

  /** Whether this device may add others, knowing what is known here. */
  mayAdd(id: DeviceId): boolean {
    const member = this.member(id);
    if (member === undefined || member.role === "recovery") return false;
    return member.role === "store" || this.members().every(({ role }) => role !== "store");
  }

  has(hash: OperationHash): boolean {
    return this.#operationByHash.has(hash);
  }

  /** Signs an operation of ours on top of all that is known, and takes it in. */
  issue(seed: Uint8Array, issuer: DeviceId, wall: number, body: Draft["body"]): Operation {
    const operation = signOperation(this.#crypto, seed, {
      circle: this.circle,
      // More heads than one operation can follow are for the next ones.
      parents: this.heads.slice(0, MAX_PARENTS),
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
    const { circle, parents, issuer } = operation;
    const isLinked =
      circle === this.circle && parents.every((parent) => this.#operationByHash.has(parent));
    if (!isLinked || this.#operationByHash.size >= MAX_OPERATIONS) throw refused();
    // What is known besides the operation's past must not matter: not every device knows it.
    const past = this.#pastOf(parents);
    const issuing = this.#additionIn(past, issuer);
    if (issuing === undefined || !isSignedBy(this.#crypto, operation, issuing.record.identityKey))
      throw refused();
    if (!this.#mayIssue(issuing, operation, past)) throw refused();
    this.#take(operation);
    return true;
  }

  /**
   * Only stores add devices and rename others, but in a circle without one apps add to it within their scope; every
   * device may rename itself, and tell of a newer record of its own with the same keys.
   */
  #mayIssue(
    { role, scope, record }: OperationOf<"add">["body"],
    { body }: Operation,
    past: ReadonlySet<OperationHash>,
  ): boolean {
    switch (body.kind) {
      case "add":
        return role === "store" || (this.#isFreeOfStores(past) && isWithin(scope, body));
      case "rename":
        return (
          body.device === record.id ||
          (role === "store" && this.#additionIn(past, body.device) !== undefined)
        );
      case "update":
        return hasSameKeys(body.record, record);
    }
  }

  #isFreeOfStores(past: ReadonlySet<OperationHash>): boolean {
    for (const hash of past) {
      const operation = this.#operationByHash.get(hash) as Operation;
      if (isOf(operation, "add") && operation.body.role === "store") return false;
    }
    return true;
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

  /** Of several additions, as by two devices at once, the one with the smaller hash decides. */
  #additionIn(
    past: Iterable<OperationHash>,
    id: DeviceId,
  ): (OperationOf<"add">["body"] & Pick<Operation, "issuer" | "wall">) | undefined {
    let least: OperationOf<"add"> | undefined;
    for (const hash of past) {
      const operation = this.#operationByHash.get(hash) as Operation;
      const isAddition = isOf(operation, "add") && operation.body.record.id === id;
      if (isAddition && (least === undefined || hash < least.hash)) least = operation;
    }
    return least && { ...least.body, issuer: least.issuer, wall: least.wall };
  }

  #take(operation: Operation): void {
    this.#operationByHash.set(operation.hash, operation);
    for (const parent of operation.parents) this.#heads.delete(parent);
    this.#heads.add(operation.hash);
    this.#describe(deviceOf(operation.body));
  }

  /** What the operations about a device amount to; it never matters in which order they came. */
  #describe(id: DeviceId): void {
    const addition = this.#additionIn(this.#operationByHash.keys(), id);
    if (addition === undefined) return;
    const record = this.#newest("update", id)?.record ?? addition.record;
    this.#memberById.set(id, {
      record,
      role: addition.role,
      scope: addition.scope,
      name: this.#newest("rename", id)?.name ?? record.name,
      addedBy: addition.issuer,
      added: addition.wall,
    });
  }

  /** One issued in knowledge of another replaces it; of those issued at once the later clock, then the greater hash. */
  #newest<Kind extends "rename" | "update">(
    kind: Kind,
    id: DeviceId,
  ): OperationOf<Kind>["body"] | undefined {
    const all = [...this.#operationByHash.values()].filter(
      (operation): operation is OperationOf<Kind> =>
        isOf(operation, kind) && deviceOf(operation.body) === id,
    );
    const replaced = this.#pastOf(all.flatMap(({ parents }) => parents));
    const [newest] = all
      .filter(({ hash }) => !replaced.has(hash))
      .toSorted((a, b) => b.wall - a.wall || (a.hash < b.hash ? 1 : -1));
    return newest?.body;
  }
}

/** An app gives no more than it has. */
const isWithin = (scope: NamespaceId | undefined, body: OperationOf<"add">["body"]): boolean =>
  scope !== undefined && body.scope === scope && body.role !== "recovery";

const isOf = <Kind extends OperationBody["kind"]>(
  operation: Operation,
  kind: Kind,
): operation is OperationOf<Kind> => operation.body.kind === kind;

const refused = (): MasqError =>
  new MasqError(
    "MASQ_MESSAGE_INVALID",
    "An operation of the device log does not count here. Nothing was changed.",
  );
