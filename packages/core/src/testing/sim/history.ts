/** All that was ever written anywhere, as only the simulator can know it, and the promises that must hold against it. */
import { compareBytes } from "../../bytes/bytes.ts";
import { hasSeen } from "../../data/causal-context.ts";
import type { Dot } from "../../data/dot.ts";
import type { ReplicaId } from "../../data/ids.ts";
import { compareHlc } from "../../data/hlc.ts";
import { decodeStamp, stampHlc } from "../../data/stamp.ts";
import { covers, dominates, joinVectors, type VersionVector } from "../../data/version-vector.ts";
import type { Change, ReplicaState, Row, Storage } from "../../storage.ts";
import { MAPS } from "../storage-samples.ts";

interface Write {
  readonly dot: Dot;
  readonly key: string;
  /** As it was first kept. */
  readonly row: Row;
  /** Dots it replaced when it was made, and what those had replaced: the truth, apart from any context. */
  readonly causes: ReadonlySet<string>;
  /** Dots of its commit, itself included. */
  readonly batch: readonly string[];
  /** Someone has been told that it is kept. */
  isAcknowledged: boolean;
  /** Disks that have held it. */
  readonly disks: Set<Storage>;
}

export const nameOf = ({ replica, counter }: Dot): string => `${replica}.${counter}`;

export class BrokenPromise extends Error {}

const broken = (what: string): never => {
  throw new BrokenPromise(what);
};

export class History {
  readonly writes: Map<string, Write> = new Map();
  readonly #superseded = new Set<string>();
  readonly #counters = new Map<ReplicaId, number>();
  /** A commit is only whole on its way while nobody takes entries in the order of keys. */
  hasScanned = false;
  /** What each replica has durably claimed. */
  readonly vectors: Map<ReplicaId, VersionVector> = new Map();
  /** Keys of which a disk was damaged, or of which a dot was given twice: what was written there may be lost. */
  readonly doubtfulKeys: Set<string> = new Set();
  /** A disk was put back and its device has not noticed: it may give dots and arrival numbers again. */
  hasUnnoticed = false;

  /** No disk has done anything behind its device's back: all promises hold, not only those about the end. */
  get isSure(): boolean {
    return !this.hasUnnoticed && this.doubtfulKeys.size === 0;
  }

  /** Called when a change has become durable. */
  record(disk: Storage, before: ReplicaState | undefined, change: Change<unknown>): void {
    const { add = [], remove = [], state } = change;
    const own = add.filter(
      (row) => row.replica === state?.replica && row.counter > (before?.counter ?? 0),
    );
    const batch = own.map(nameOf);
    if (state !== undefined) this.#checkFresh(own, (before?.counter ?? 0) + 1, state);
    for (const row of own) {
      const causes = new Set<string>();
      for (const gone of remove) {
        if (gone.key !== row.key) continue;
        causes.add(nameOf(gone));
        for (const cause of this.writes.get(nameOf(gone))?.causes ?? []) causes.add(cause);
      }
      for (const cause of causes) this.#superseded.add(cause);
      this.#checkContext(row, causes);
      const dot = { replica: row.replica, counter: row.counter };
      const write = {
        dot,
        key: row.key,
        row,
        causes,
        batch,
        isAcknowledged: false,
        disks: new Set([disk]),
      };
      this.writes.set(nameOf(row), write);
    }
    if (state !== undefined) {
      const { replica, counter, vector } = state;
      this.#counters.set(replica, Math.max(counter, this.#counters.get(replica) ?? 0));
      this.vectors.set(replica, joinVectors(this.vectors.get(replica) ?? new Map(), vector));
    }
    for (const row of add) this.#hold(disk, row);
  }

  /** What was ever on one disk is on another from now on. */
  copied(from: Storage, to: Storage): void {
    for (const { disks } of this.writes.values()) if (disks.has(from)) disks.add(to);
  }

  #hold(disk: Storage, row: Row): void {
    const write = this.writes.get(nameOf(row));
    if (write === undefined) return;
    if (isSameWrite(write.row, row)) write.disks.add(disk);
    else this.#doubt(write, [row]);
  }

  /** A commit gives dots that nobody had; those of what it overwrote itself, too, which no row shows. */
  #checkFresh(own: readonly Row[], first: number, { replica, counter }: ReplicaState): void {
    const last = Math.min(counter, this.#counters.get(replica) ?? 0);
    for (let given = first; given <= last; given += 1) {
      this.#doubt(this.writes.get(nameOf({ replica, counter: given })), own);
    }
  }

  #doubt(former: Write | undefined, rows: readonly Row[]): void {
    if (this.isSure) broken("a dot was given twice");
    if (former !== undefined) this.doubtfulKeys.add(former.key);
    for (const { key } of rows) this.doubtfulKeys.add(key);
  }

  /** Of all versions of its key that there ever were, a new one has seen those it replaced and what they had. */
  #checkContext(row: Row, causes: ReadonlySet<string>): void {
    if (this.hasUnnoticed || this.doubtfulKeys.has(row.key)) return;
    const { context } = decodeStamp(row.stamp);
    for (const [name, { dot, key }] of this.writes) {
      if (key !== row.key || hasSeen(context, dot) === causes.has(name)) continue;
      broken(`the context of ${nameOf(row)} of ${key} is wrong about ${name}`);
    }
  }

  acknowledge(dots: readonly (Dot | undefined)[]): void {
    for (const dot of dots) {
      const write = dot && this.writes.get(nameOf(dot));
      if (write !== undefined) write.isAcknowledged = true;
    }
  }

  /** What a replica claims it holds, or holds something that has seen it. */
  async checkClaims(disk: Storage, who: string): Promise<void> {
    const state = await disk.state(MAPS);
    if (state === undefined) return;
    const rows = await disk.arrivals(MAPS, 0, Infinity, Infinity);
    if (!this.isSure) return;
    const byKey = Map.groupBy(rows, ({ key }) => key);
    for (const [replica, counter] of state.vector) {
      if (counter > (this.#counters.get(replica) ?? 0))
        broken(`${who} claims what was never written`);
    }
    for (const { dot, key } of this.writes.values()) {
      if (covers(state.vector, dot) && !isKnown(byKey.get(key) ?? [], dot)) {
        broken(`${who} claims ${nameOf(dot)} of ${key} and has nothing of it`);
      }
    }
    for (const row of rows)
      if (!covers(state.held, row)) broken(`${who} holds more than it counts`);
  }

  /** What is said to be durable elsewhere is. */
  checkAcknowledged(vectors: ReadonlyMap<ReplicaId, VersionVector>, who: string): void {
    for (const [replica, vector] of vectors) {
      if (!dominates(this.vectors.get(replica) ?? new Map(), vector)) {
        broken(`${who} takes for acknowledged by ${replica} what is not durable there`);
      }
    }
  }

  /** Of a batch that came in, whatever nobody has overwritten came with it. */
  async checkBatches(disk: Storage, added: readonly Row[], who: string): Promise<void> {
    if (this.hasScanned || !this.isSure) return;
    for (const row of added) {
      const { batch = [] } = this.writes.get(nameOf(row)) ?? {};
      if (batch.length < 2) continue;
      for (const name of batch) {
        const member = this.writes.get(name);
        if (member === undefined || this.#superseded.has(name)) continue;
        const [rows = []] = await disk.get(MAPS, [member.key]);
        if (!rows.some((held) => nameOf(held) === name)) broken(`${who} has a part of a batch`);
      }
    }
  }

  /** Once all have met: what is there is all that nobody has replaced, and no more. */
  checkOutcome(rows: readonly Row[], disks: readonly Storage[]): void {
    const present = new Set(rows.map(nameOf));
    const replaced = new Set(
      rows.flatMap((row) => [...(this.writes.get(nameOf(row))?.causes ?? [])]),
    );
    for (const [name, { isAcknowledged, key, disks: heldBy }] of this.writes) {
      if (this.doubtfulKeys.has(key)) continue;
      const isKept = disks.some((disk) => heldBy.has(disk));
      if (isAcknowledged && isKept && !present.has(name) && !replaced.has(name)) {
        broken(`the acknowledged write ${name} of ${key} is lost`);
      }
      if (present.has(name) && replaced.has(name)) broken(`${name} of ${key} has come back`);
    }
  }
}

const isKnown = (rows: readonly Row[], dot: Dot): boolean =>
  rows.some((row) => nameOf(row) === nameOf(dot) || hasSeen(decodeStamp(row.stamp).context, dot));

/** The place within its commit is counted anew wherever a part of it comes in, so the stamps need not be the same. */
const isSameWrite = (a: Row, b: Row): boolean =>
  a.key === b.key &&
  compareHlc(stampHlc(a.stamp), stampHlc(b.stamp)) === 0 &&
  (a.value === null || b.value === null
    ? a.value === b.value
    : compareBytes(a.value, b.value) === 0);
