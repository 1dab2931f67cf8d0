import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noblePrimitives } from "../crypto/noble.ts";
import { updateDigest } from "../data/digest.ts";
import { sameDot } from "../data/dot.ts";
import { HLC_ZERO } from "../data/hlc.ts";
import type { ReplicaId } from "../data/ids.ts";
import { decodeStamp } from "../data/stamp.ts";
import { covers } from "../data/version-vector.ts";
import type { ReplicaState, Row } from "../storage.ts";
import { planCommit } from "./commit.ts";
import { groupCommits } from "./row-pages.ts";
import { planMerge, type MergeInput, type MergePlan, type ReceivedVersion } from "./merge-plan.ts";

const NOW = 1_795_392_000_000;
const KEYS = ["a", "b", "c"];
const ids = ["1", "2", "3", "9"].map((digit) => digit.repeat(16) as ReplicaId);

const empty = (replica: ReplicaId): ReplicaState => ({
  replica,
  counter: 0,
  arrival: 0,
  hlc: HLC_ZERO,
  vector: new Map(),
  held: new Map(),
  digest: new Uint8Array(16),
  entries: 0,
  tombstones: 0,
  bytes: 0,
});

/** A replica without a storage. */
class Rows {
  state: ReplicaState;
  kept: Row[] = [];

  constructor(replica: ReplicaId) {
    this.state = empty(replica);
  }

  readonly rowsOf = (key: string): Row[] => this.kept.filter((row) => row.key === key);

  write(operations: readonly { key: string; value: Uint8Array | null }[]): readonly Row[] {
    const plan = planCommit(noblePrimitives, this.state, operations, this.rowsOf, NOW);
    this.#apply(plan);
    return plan.added;
  }

  merge(input: MergeInput): MergePlan {
    const plan = planMerge(noblePrimitives, this.state, input, this.rowsOf, NOW);
    this.#apply(plan);
    return plan;
  }

  #apply({ removed, added, state }: Pick<MergePlan, "removed" | "added" | "state">): void {
    this.kept = [
      ...this.kept.filter((row) => !removed.some((name) => sameDot(row, name))),
      ...added,
    ];
    this.state = state;
  }

  get shown(): string[] {
    return this.kept.map((row) => `${row.key} ${row.replica[0]}.${row.counter}`).toSorted();
  }
}

const received = ({ key, replica, counter, stamp, value }: Row): ReceivedVersion => {
  const { hlc, context } = decodeStamp(stamp);
  return { key, dot: { replica, counter }, hlc, context, stamp, value };
};

const commitsOf = (rows: readonly Row[]): ReceivedVersion[][] =>
  groupCommits(rows.toSorted((a, b) => a.arrival - b.arrival)).map((commit) =>
    commit.map(received),
  );

const step = fc.oneof(
  fc.record({
    type: fc.constant("write" as const),
    at: fc.nat({ max: 2 }),
    operations: fc.array(
      fc.record({
        key: fc.constantFrom(...KEYS),
        value: fc.option(fc.uint8Array({ minLength: 1, maxLength: 1 })),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  fc.record({
    type: fc.constant("sync" as const),
    at: fc.nat({ max: 2 }),
    from: fc.nat({ max: 2 }),
  }),
);
const history = fc.array(step, { maxLength: 15 });

/** All commits of a history as they were made, and the three replicas that made it. */
const play = (steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) => {
  const replicas = ids.slice(0, 3).map((id) => new Rows(id));
  const commits: ReceivedVersion[][] = [];
  for (const action of steps) {
    const replica = replicas[action.at] as Rows;
    if (action.type === "write") {
      const rows = replica.write(action.operations);
      if (rows.length > 0) commits.push(rows.map(received));
    } else {
      const other = replicas[action.from] as Rows;
      replica.merge({ commits: commitsOf(other.kept), raise: other.state.vector });
    }
  }
  return { replicas, commits };
};

const weights = fc.infiniteStream(fc.nat({ max: 1000 }));

const shuffled = <Item>(items: readonly Item[], stream: Iterator<number>): Item[] =>
  items
    .map((item) => ({ item, weight: stream.next().value as number }))
    .toSorted((a, b) => a.weight - b.weight)
    .map(({ item }) => item);

describe("taking in versions", () => {
  it("gives the same whatever their order, grouping and repetition", () => {
    fc.assert(
      fc.property(history, weights, (steps, stream) => {
        const { commits } = play(steps);
        const straight = new Rows(ids[3] as ReplicaId);
        straight.merge({ commits });
        const other = new Rows(ids[3] as ReplicaId);
        for (const commit of shuffled([...commits, ...commits], stream)) {
          if ((stream.next().value as number) % 2 === 0) other.merge({ commits: [commit] });
          else
            for (const version of shuffled(commit, stream)) other.merge({ commits: [[version]] });
        }
        expect(other.shown).toEqual(straight.shown);
        expect(other.state.digest).toEqual(straight.state.digest);
        expect(other.state.entries).toBe(straight.state.entries);
        expect(other.state.tombstones).toBe(straight.state.tombstones);
        expect(other.state.bytes).toBe(straight.state.bytes);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps the counts, the digest and the numbers of what is there", () => {
    fc.assert(
      fc.property(history, (steps) => {
        for (const { state, kept } of play(steps).replicas) {
          const digest = updateDigest(noblePrimitives, new Uint8Array(16), [], kept);
          expect(state.digest).toEqual(digest);
          expect(state.tombstones).toBe(kept.filter(({ value }) => value === null).length);
          expect(new Set(kept.map(({ arrival }) => arrival)).size).toBe(kept.length);
          for (const row of kept) {
            expect(row.arrival).toBeLessThanOrEqual(state.arrival);
            expect(covers(state.held, row)).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("keeps what came as one commit one commit, and tells of it once", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { commits } = play(steps);
        const replica = new Rows(ids[3] as ReplicaId);
        for (const commit of commits) {
          const before = replica.state.arrival;
          const plan = replica.merge({ commits: [commit] });
          expect(plan.commits.length).toBe(Number(replica.state.arrival > before));
          if (plan.added.length > 0) expect(groupCommits(plan.added).length).toBe(1);
          expect(plan.commits.flatMap(({ rows }) => rows)).toEqual(
            plan.added.toSorted((a, b) => a.arrival - b.arrival),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it("drops what is known and not held, but not when it repairs", () => {
    const writer = new Rows(ids[0] as ReplicaId);
    const old = writer.write([{ key: "a", value: Uint8Array.of(1) }]).map(received);
    const reader = new Rows(ids[1] as ReplicaId);
    reader.merge({ commits: [old], raise: writer.state.vector });
    reader.kept = [];
    reader.merge({ commits: [old] });
    expect(reader.shown).toEqual([]);
    const stale = reader.merge({ commits: [old], repair: new Map() });
    expect([stale.isStale, reader.shown]).toEqual([true, []]);
    reader.merge({ commits: [old], repair: writer.state.vector });
    expect(reader.shown).toEqual(["a 1.1"]);
  });

  it("raises its vector only as told, and knows what it holds above it", () => {
    const writer = new Rows(ids[0] as ReplicaId);
    const first = writer.write([{ key: "a", value: Uint8Array.of(1) }]).map(received);
    const reader = new Rows(ids[1] as ReplicaId);
    const { state } = reader.merge({ commits: [first] });
    expect([state.vector.size, state.held.get(ids[0] as ReplicaId)]).toEqual([0, 1]);
    const same = reader.state;
    expect(reader.merge({ commits: [first] }).state, "nothing new").toBe(same);
    const raised = reader.merge({ commits: [], raise: writer.state.vector });
    expect([...raised.state.vector]).toEqual([[ids[0], 1]]);
    expect(raised.commits).toEqual([]);
  });

  it("with two values under one dot keeps both, whoever hears first", () => {
    for (const isFirst of [true, false]) {
      const ends = [new Rows(ids[1] as ReplicaId), new Rows(ids[2] as ReplicaId)] as const;
      for (const [index, end] of ends.entries()) {
        const writer = new Rows(ids[0] as ReplicaId);
        const commit = writer.write([{ key: "a", value: Uint8Array.of(index) }]).map(received);
        end.merge({ commits: [commit], raise: writer.state.vector });
      }
      const repair = (from: Rows, to: Rows): void => {
        to.merge({ commits: commitsOf(from.kept), repair: from.state.vector });
      };
      const [low, high] = ends;
      const [from, to] = isFirst ? [low, high] : [high, low];
      for (let round = 0; round < 2; round += 1) {
        repair(from, to);
        to.merge({ commits: commitsOf(from.kept), raise: from.state.vector });
        from.merge({ commits: commitsOf(to.kept), raise: to.state.vector });
        repair(to, from);
        to.merge({ commits: commitsOf(from.kept), raise: from.state.vector });
      }
      expect(low.shown).toEqual(["a 1.1", "a 3.1"]);
      expect(high.shown).toEqual(low.shown);
      expect(new Set(low.kept.map(({ value }) => value?.[0]))).toEqual(new Set([0, 1]));
      expect(low.state.digest).toEqual(high.state.digest);
    }
  });

  it("refuses whoever claims more of our writes than there are", () => {
    const writer = new Rows(ids[0] as ReplicaId);
    const commit = writer.write([{ key: "a", value: Uint8Array.of(1) }]).map(received);
    const twin = new Rows(ids[0] as ReplicaId);
    const seen = new Rows(ids[1] as ReplicaId);
    seen.merge({ commits: [commit] });
    const later = seen.write([{ key: "a", value: Uint8Array.of(2) }]).map(received);
    const claims: MergeInput[] = [
      { commits: [commit] },
      { commits: [later] },
      { commits: [], raise: writer.state.vector },
      { commits: [], repair: writer.state.vector },
    ];
    for (const claim of claims) {
      expect(() => twin.merge(claim)).toThrow(
        expect.objectContaining({ code: "MASQ_MESSAGE_INVALID" }),
      );
    }
  });
});
