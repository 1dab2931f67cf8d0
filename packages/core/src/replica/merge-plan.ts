/**
 * The pure heart of taking in what another replica sent: its versions and the rows here -> the rows and state afterwards.
 * docs/sync.md, "Taking in", says why each rule is as it is.
 */
import { compareBytes } from "../bytes/bytes.ts";
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { hasSeen, lastSeen } from "../data/causal-context.ts";
import { sameDot } from "../data/dot.ts";
import { observeHlc, tickHlc } from "../data/hlc.ts";
import type { ReplicaId } from "../data/ids.ts";
import { decodeStamp, encodeStamp, withIndex } from "../data/stamp.ts";
import { covers, dominates, joinVectors, type VersionVector } from "../data/version-vector.ts";
import type { Version } from "../data/version.ts";
import { MasqError } from "../errors.ts";
import type { ReplicaState, Row, RowName } from "../storage.ts";
import { Drafts } from "./drafts.ts";
import { showEntry, type Shown } from "./shown.ts";

/** A version as it came, with its stamp as bytes so that it need not be encoded again. */
export interface ReceivedVersion extends Version {
  readonly key: string;
  readonly stamp: Uint8Array;
}

export interface MergeInput {
  /** The versions of each commit in their order; a commit stays one here. */
  readonly commits: readonly (readonly ReceivedVersion[])[];
  /** The sender has sent all that this vector covers: from now on we know it too. */
  readonly raise?: VersionVector | undefined;
  /**
   * Repair: the rows are whole sibling sets of a sender that had at least this vector. Nothing is taken for obsolete, and
   * all is left untouched unless the vector dominates our own.
   */
  readonly repair?: VersionVector | undefined;
  /** Listeners are told of all as one: a page of a first synchronisation. */
  readonly isPage?: boolean | undefined;
}

/** A commit as listeners are told of it. */
export interface MergedCommit {
  readonly before: number;
  readonly after: number;
  /** Rows it added that are still there after the whole merge. */
  readonly rows: readonly Row[];
  readonly keys: readonly string[];
}

export interface MergePlan {
  readonly removed: readonly RowName[];
  readonly added: readonly Row[];
  /** The very state that came in if nothing has changed. */
  readonly state: ReplicaState;
  readonly commits: readonly MergedCommit[];
  /** Any key it touched, as it stands after the whole merge. */
  readonly show: (key: string) => Shown;
  /** Versions found here under a dot that has another value there, and kept under a new dot: damage, to be reported. */
  readonly rewritten: number;
  /** A repair that came from a sender who did not know all we know: nothing was done. */
  readonly isStale: boolean;
}

interface TakenCommit {
  readonly before: number;
  readonly after: number;
  readonly versions: readonly ReceivedVersion[];
}

const distinctKeys = (versions: readonly ReceivedVersion[]): string[] => [
  ...new Set(versions.map(({ key }) => key)),
];

const foreign = (what: string): never => {
  throw new MasqError(
    "MASQ_MESSAGE_INVALID",
    `The other device claims ${what} of this replica than it wrote. Nothing was taken in.`,
  );
};

const compareValues = (a: Uint8Array | null, b: Uint8Array | null): number =>
  a === null || b === null ? Number(a !== null) - Number(b !== null) : compareBytes(a, b);

class Merge {
  readonly #input: MergeInput;
  readonly #state: ReplicaState;
  readonly #drafts: Drafts;
  readonly #now: number;
  readonly #held: Map<ReplicaId, number>;
  readonly #commits: TakenCommit[] = [];
  #counter: number;
  #arrival: number;
  #hlc: ReplicaState["hlc"];
  #rewritten = 0;

  constructor(input: MergeInput, state: ReplicaState, drafts: Drafts, now: number) {
    this.#input = input;
    this.#state = state;
    this.#drafts = drafts;
    this.#now = now;
    this.#held = new Map(state.held);
    this.#counter = state.counter;
    this.#arrival = state.arrival;
    this.#hlc = state.hlc;
  }

  run(): MergePlan {
    const { commits, raise, repair, isPage } = this.#input;
    const { vector } = this.#state;
    const show = (key: string): Shown => showEntry(key, this.#drafts.of(key).rows);
    const isStale = repair !== undefined && !dominates(repair, vector);
    this.#checkClaims();
    if (isStale) {
      return { ...NOTHING, state: this.#state, show, isStale };
    }
    for (const versions of commits) {
      const before = this.#arrival;
      this.#takeCommit(versions);
      if (this.#arrival > before) this.#commits.push({ before, after: this.#arrival, versions });
    }
    const raised = raise === undefined ? vector : joinVectors(vector, raise);
    const isChanged = this.#arrival > this.#state.arrival;
    if (!isChanged && raised === vector && this.#hlc === this.#state.hlc) {
      return { ...NOTHING, state: this.#state, show };
    }
    const { removed, added, ...counts } = this.#drafts.summary();
    const state: ReplicaState = {
      ...this.#state,
      ...counts,
      counter: this.#counter,
      arrival: this.#arrival,
      hlc: this.#hlc,
      vector:
        this.#rewritten === 0 ? raised : new Map(raised).set(this.#state.replica, this.#counter),
      held: isChanged ? this.#held : this.#state.held,
    };
    const told = isPage === true ? this.#asOne() : this.#commits;
    return {
      removed,
      added,
      state,
      commits: told.map((commit) => this.#told(commit)),
      show,
      rewritten: this.#rewritten,
      isStale: false,
    };
  }

  /** Nobody else can have seen more of our own writes than there are: the other end is malformed, or we were rolled back. */
  #checkClaims(): void {
    const { commits, raise, repair } = this.#input;
    const { replica, counter } = this.#state;
    for (const vector of [raise, repair]) {
      if ((vector?.get(replica) ?? 0) > counter) foreign("a vector with more");
    }
    for (const versions of commits) {
      for (const { dot, context } of versions) {
        if (dot.replica === replica && dot.counter > counter) foreign("a later version");
        if (lastSeen(context, replica) > counter) foreign("to have seen more");
      }
    }
  }

  #takeCommit(versions: readonly ReceivedVersion[]): void {
    const isRepair = this.#input.repair !== undefined;
    let index = 0;
    for (const version of versions) {
      this.#hlc = observeHlc(this.#hlc, version.hlc, this.#now);
      const draft = this.#drafts.of(version.key);
      const { dot, context } = version;
      const same = draft.rows.find((row) => sameDot(row, dot));
      if (same !== undefined) {
        if (isRepair && compareValues(same.value, version.value) > 0) {
          this.#drafts.replace(version.key, this.#rewrite(draft.rows, same, version));
          index = 0;
        }
        continue;
      }
      // Known and not held means superseded. In repair it may have been lost instead.
      if (!isRepair && covers(this.#state.vector, dot)) continue;
      const kept: Row[] = [];
      let isSuperseded = false;
      for (const row of draft.rows) {
        if (hasSeen(decodeStamp(row.stamp).context, dot)) isSuperseded = true;
        if (!hasSeen(context, row)) kept.push(row);
      }
      if (isSuperseded) continue;
      kept.push(this.#store(version, index));
      this.#drafts.replace(version.key, kept);
      index += 1;
    }
  }

  /**
   * One dot with two values: a disk was damaged or rolled back, and nobody can say whose. The lower value keeps the dot on
   * both sides, whoever holds the higher one moves it to a dot of its own beside it. So both survive as siblings, whichever
   * side hears first: if the new version claimed to have seen the old dot, it could void the other value before it came.
   */
  #rewrite(rows: readonly Row[], same: Row, version: ReceivedVersion): readonly Row[] {
    this.#rewritten += 1;
    this.#counter += 1;
    this.#hlc = tickHlc(this.#hlc, this.#now);
    const { context } = decodeStamp(same.stamp);
    const { replica } = this.#state;
    const moved = this.#store(
      {
        key: same.key,
        dot: { replica, counter: this.#counter },
        stamp: encodeStamp({ hlc: this.#hlc, index: 0, context }),
        value: same.value,
      },
      0,
    );
    return [...rows.filter((row) => row !== same), moved, this.#store(version, 0)];
  }

  #store(
    { key, dot, stamp, value }: Pick<ReceivedVersion, "key" | "dot" | "stamp" | "value">,
    index: number,
  ): Row {
    const { replica, counter } = dot;
    this.#arrival += 1;
    if ((this.#held.get(replica) ?? 0) < counter) this.#held.set(replica, counter);
    return { key, replica, counter, arrival: this.#arrival, stamp: withIndex(stamp, index), value };
  }

  #told({ before, after, versions }: TakenCommit): MergedCommit {
    const drafts = this.#drafts;
    const keys = distinctKeys(versions);
    return {
      before,
      after,
      keys,
      // Made when asked for: only a cursor that keeps up does.
      get rows() {
        return keys
          .flatMap((key) => drafts.of(key).rows)
          .filter(({ arrival }) => arrival > before && arrival <= after)
          .sort((a, b) => a.arrival - b.arrival);
      },
    };
  }

  #asOne(): TakenCommit[] {
    if (this.#arrival === this.#state.arrival) return [];
    const versions = this.#commits.flatMap((commit) => commit.versions);
    return [{ before: this.#state.arrival, after: this.#arrival, versions }];
  }
}

const NOTHING = { removed: [], added: [], commits: [], rewritten: 0, isStale: false } as const;

/** Throws MASQ_MESSAGE_INVALID when the sender claims what it cannot know of us; then nothing has happened. */
export const planMerge = (
  crypto: SymmetricPrimitives,
  state: ReplicaState,
  input: MergeInput,
  rowsOf: (key: string) => readonly Row[],
  now: number,
): MergePlan => new Merge(input, state, new Drafts(crypto, state, rowsOf), now).run();
