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
  ROLES,
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

/** What an operation's issuer knew: the operations reachable over its parents. */
type Past = Pick<ReadonlySet<OperationHash>, "has">;

/** What counts for one device. The arrays are replaced, never changed: copies of a log share them. */
interface About {
  readonly additions: readonly OperationOf<"add">[];
  /** Those that none made in knowledge of them has replaced. */
  readonly renames: readonly OperationOf<"rename">[];
  readonly updates: readonly OperationOf<"update">[];
}

const NOTHING: About = { additions: [], renames: [], updates: [] };

export class DeviceLog {
  readonly #crypto: PeerPrimitives;
  /** In an order in which each comes after its parents. */
  readonly #operationByHash = new Map<OperationHash, Operation>();
  readonly #heads = new Set<OperationHash>();
  readonly #aboutById = new Map<DeviceId, About>();
  readonly #memberById = new Map<DeviceId, Member>();
  readonly circle: OperationHash;

  private constructor(crypto: PeerPrimitives, circle: OperationHash) {
    this.#crypto = crypto;
    this.circle = circle;
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
    const log = new DeviceLog(crypto, hash);
    log.#take(first, new Set());
    return log;
  }

  /** One more log with the same operations, which goes its own way. */
  copy(): DeviceLog {
    const copy = new DeviceLog(this.#crypto, this.circle);
    for (const [hash, operation] of this.#operationByHash)
      copy.#operationByHash.set(hash, operation);
    for (const hash of this.#heads) copy.#heads.add(hash);
    for (const [id, about] of this.#aboutById) copy.#aboutById.set(id, about);
    for (const [id, member] of this.#memberById) copy.#memberById.set(id, member);
    return copy;
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
    this.#take(operation, past);
    return true;
  }

  /**
   * Only stores add devices and rename others, but in a circle without one apps add to it within their scope; every
   * device may rename itself, and tell of a newer record of its own with the same keys.
   */
  #mayIssue(
    { role, scope, record }: OperationOf<"add">["body"],
    { body }: Operation,
    past: Past,
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

  #isFreeOfStores(past: Past): boolean {
    return [...this.#aboutById.values()].every(({ additions }) =>
      additions.every(({ hash, body }) => body.role !== "store" || !past.has(hash)),
    );
  }

  #pastOf(parents: readonly OperationHash[]): Past {
    // Whoever knew all that is known here: so it is with nearly every operation, and a long log is read quickly.
    if (parents.length === this.#heads.size && parents.every((hash) => this.#heads.has(hash)))
      return this.#operationByHash;
    const past = new Set<OperationHash>();
    const open = [...parents];
    for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
      if (past.has(hash)) continue;
      past.add(hash);
      open.push(...(this.#operationByHash.get(hash) as Operation).parents);
    }
    return past;
  }

  #about(id: DeviceId): About {
    return this.#aboutById.get(id) ?? NOTHING;
  }

  /**
   * Of several additions of a device the one that gives it most. So nobody takes from a member what another gave it, least
   * of all from the device that began the circle.
   */
  #additionIn(
    past: Past,
    id: DeviceId,
  ): (OperationOf<"add">["body"] & Pick<Operation, "issuer" | "wall">) | undefined {
    const known = this.#about(id).additions.filter(({ hash }) => past.has(hash));
    const [first, ...others] = known;
    if (first === undefined) return undefined;
    const { body, issuer, wall } =
      known.find(({ hash }) => hash === this.circle) ?? others.reduce(greater, first);
    return { ...body, issuer, wall };
  }

  #take(operation: Operation, past: Past): void {
    const id = deviceOf(operation.body);
    this.#aboutById.set(id, withOperation(this.#about(id), operation, past));
    this.#operationByHash.set(operation.hash, operation);
    for (const parent of operation.parents) this.#heads.delete(parent);
    this.#heads.add(operation.hash);
    this.#describe(id);
  }

  /** What the operations about a device amount to; it never matters in which order they came. */
  #describe(id: DeviceId): void {
    const addition = this.#additionIn(this.#operationByHash, id);
    if (addition === undefined) return;
    const { renames, updates } = this.#about(id);
    const record = newest(updates)?.body.record ?? addition.record;
    this.#memberById.set(id, {
      record,
      role: addition.role,
      scope: addition.scope,
      name: newest(renames)?.body.name ?? record.name,
      addedBy: addition.issuer,
      added: addition.wall,
    });
  }
}

const withOperation = (about: About, operation: Operation, past: Past): About => {
  const fresh = <Kind extends OperationBody["kind"]>(
    others: readonly OperationOf<Kind>[],
  ): OperationOf<Kind>[] => [
    ...others.filter(({ hash }) => !past.has(hash)),
    operation as OperationOf<Kind>,
  ];
  switch (operation.body.kind) {
    case "add":
      return { ...about, additions: [...about.additions, operation as OperationOf<"add">] };
    case "rename":
      return { ...about, renames: fresh(about.renames) };
    case "update":
      return { ...about, updates: fresh(about.updates) };
  }
};

/** The stronger role, then no scope rather than one, then the smaller hash. */
const greater = (a: OperationOf<"add">, b: OperationOf<"add">): OperationOf<"add"> => {
  const byRole = ROLES.indexOf(a.body.role) - ROLES.indexOf(b.body.role);
  const byScope = Number(a.body.scope !== undefined) - Number(b.body.scope !== undefined);
  return (byRole || byScope || (a.hash < b.hash ? -1 : 1)) < 0 ? a : b;
};

/** One issued in knowledge of another replaces it; of those issued at once the later clock, then the greater hash. */
const newest = <Kind extends OperationBody["kind"]>(
  operations: readonly OperationOf<Kind>[],
): OperationOf<Kind> | undefined => {
  const [first] = operations.toSorted((a, b) => b.wall - a.wall || (a.hash < b.hash ? 1 : -1));
  return first;
};

/** An app gives no more than it has. */
const isWithin = (scope: NamespaceId | undefined, body: OperationOf<"add">["body"]): boolean =>
  scope !== undefined && body.scope === scope && body.role !== "recovery";

const refused = (): MasqError =>
  new MasqError(
    "MASQ_MESSAGE_INVALID",
    "An operation of the device log does not count here. Nothing was changed.",
  );
