/** Contexts against an oracle: for every write the set of dots its writer had seen, kept apart from any stamp. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noblePrimitives } from "../crypto/noble.ts";
import { hasSeen, type CausalContext } from "../data/causal-context.ts";
import { sameDot, type Dot } from "../data/dot.ts";
import { HLC_ZERO } from "../data/hlc.ts";
import type { ReplicaId } from "../data/ids.ts";
import { decodeStamp } from "../data/stamp.ts";
import { covers, dominates } from "../data/version-vector.ts";
import { versionToken } from "../data/version-token.ts";
import type { ReplicaState, Row } from "../storage.ts";
import { planCommit, type CommitPlan, type Operation } from "./commit.ts";
import { groupCommits } from "./row-pages.ts";
import { planMerge, type ReceivedVersion } from "./merge-plan.ts";

const NOW = 1_795_392_000_000;
const KEYS = ["a", "b"];
const DEVICES = 3;

const nameOf = ({ replica, counter }: Dot): string => `${replica}.${counter}`;

interface Write {
  readonly key: string;
  readonly dot: Dot;
  readonly context: CausalContext;
  readonly seen: ReadonlySet<string>;
}

/** Every write that was ever made, and what its writer had seen. */
class Oracle {
  readonly writes = new Map<string, Write>();

  note(row: Row, seen: readonly Row[]): void {
    const names = new Set<string>();
    for (const version of seen) {
      names.add(nameOf(version));
      for (const name of this.writes.get(nameOf(version))?.seen ?? []) names.add(name);
    }
    const { context } = decodeStamp(row.stamp);
    const dot = { replica: row.replica, counter: row.counter };
    this.writes.set(nameOf(row), { key: row.key, dot, context, seen: names });
  }
}

class Device {
  state: ReplicaState;
  rows: readonly Row[] = [];
  readonly #oracle: Oracle;

  constructor(replica: ReplicaId, oracle: Oracle) {
    this.#oracle = oracle;
    this.state = {
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
    };
  }

  get isClean(): boolean {
    return dominates(this.state.vector, this.state.held);
  }

  of = (key: string): readonly Row[] => this.rows.filter((row) => row.key === key);

  /** `blind` has a bit for each version that the writer overlooks; `old` is a token of another time. */
  write(key: string, isDeletion: boolean, blind: number | undefined, old: string): void {
    const before = this.of(key);
    const live = before.filter(({ value }) => value !== null);
    const looked = live.filter((_, place) => ((blind ?? 0) & (1 << place)) === 0);
    const token = [versionToken(looked), old].filter((part) => part !== "").join("+");
    const operation: Operation = {
      key,
      value: isDeletion ? null : Uint8Array.of(1),
      seen: blind === undefined ? undefined : token,
    };
    const plan = planCommit(noblePrimitives, this.state, [operation], this.of, NOW);
    const named = new Set(token.split("+"));
    const isSeen = (row: Row): boolean =>
      blind === undefined || row.value === null || named.has(versionToken([row]));
    for (const row of plan.added) this.#oracle.note(row, before.filter(isSeen));
    this.#apply(plan);
  }

  /** Takes a stream up to some commit; the vector only with the end of it. */
  follow(from: Device, most: number): void {
    const sorted = from.rows.toSorted((a, b) => a.arrival - b.arrival);
    const lacked = groupCommits(sorted)
      .map((commit) => commit.filter((row) => !covers(this.state.vector, row)))
      .filter((commit) => commit.length > 0);
    const isWhole = lacked.length <= most;
    const commits = lacked.slice(0, most).map((commit) => commit.map(received));
    const raise = isWhole ? from.state.vector : undefined;
    this.#apply(planMerge(noblePrimitives, this.state, { commits, raise }, this.of, NOW));
  }

  #apply(plan: Pick<CommitPlan, "removed" | "added" | "state">): void {
    this.rows = [
      ...this.rows.filter((row) => !plan.removed.some((name) => sameDot(row, name))),
      ...plan.added,
    ];
    this.state = plan.state;
  }
}

const received = ({ key, replica, counter, stamp, value }: Row): ReceivedVersion => {
  const { hlc, context } = decodeStamp(stamp);
  return { key, dot: { replica, counter }, hlc, context, stamp, value };
};

const place = fc.nat({ max: DEVICES - 1 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      at: place,
      key: fc.constantFrom(...KEYS),
      isDeletion: fc.nat({ max: 5 }).map((number) => number === 0),
      blind: fc.option(fc.nat({ max: 7 }), { nil: undefined }),
      old: fc.option(fc.nat({ max: 50 }), { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("follow" as const),
      at: place,
      from: place,
      most: fc.oneof(fc.nat({ max: 2 }), fc.constant(Infinity)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("wipe" as const), at: place }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const play = (steps: readonly Step[], after: (devices: readonly Device[]) => void = () => {}) => {
  const oracle = new Oracle();
  let made = 0;
  const fresh = (): Device => {
    made += 1;
    return new Device(made.toString(16).padStart(16, "0") as ReplicaId, oracle);
  };
  const devices = Array.from({ length: DEVICES }, fresh);
  for (const action of steps) {
    const device = devices[action.at] as Device;
    if (action.type === "wipe") devices[action.at] = fresh();
    else if (action.type === "follow") {
      const from = devices[action.from] as Device;
      if (from !== device) device.follow(from, action.most);
    } else {
      const all = [...oracle.writes.values()];
      const old = action.old === undefined ? undefined : all[action.old % Math.max(1, all.length)];
      device.write(action.key, action.isDeletion, action.blind, old ? versionToken([old.dot]) : "");
    }
    after(devices);
  }
  return { oracle, devices };
};

const history = fc.array(step, { minLength: 10, maxLength: 60, size: "max" });

describe("the context of a write", () => {
  it("names the versions of its key that its writer had seen, and no other that there is", () => {
    let uncleanWrites = 0;
    let brokenSpans = 0;
    fc.assert(
      fc.property(history, (steps) => {
        const { oracle } = play(steps, (devices) => {
          uncleanWrites += Number(devices.some(({ isClean }) => !isClean));
        });
        for (const { key, context, seen } of oracle.writes.values()) {
          for (const spans of context.values()) {
            brokenSpans += Number(spans.length > 1 || spans[0]?.[0] !== 1);
          }
          for (const [name, other] of oracle.writes) {
            if (other.key === key) expect(hasSeen(context, other.dot), name).toBe(seen.has(name));
          }
        }
      }),
      { numRuns: 600 },
    );
    // Or nothing was shown.
    expect(uncleanWrites).toBeGreaterThan(1000);
    expect(brokenSpans).toBeGreaterThan(150);
  }, 30_000);

  it("leaves every device with what it claims, or with something that has seen it", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { oracle, devices } = play(steps);
        for (const { state, of } of devices) {
          for (const [name, { key, dot }] of oracle.writes) {
            if (!covers(state.vector, dot)) continue;
            const isKnown = of(key).some(
              (row) => nameOf(row) === name || oracle.writes.get(nameOf(row))?.seen.has(name),
            );
            expect(isKnown, name).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is as short as can be where all is known: one span from 1 for each replica", () => {
    const ordinary = fc.array(
      fc.record({ at: place, key: fc.constantFrom(...KEYS), from: fc.option(place) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(ordinary, (steps) => {
        const { oracle } = play(
          steps.map(({ at, key, from }): Step =>
            from === null
              ? { type: "write", at, key, isDeletion: false, blind: undefined, old: undefined }
              : { type: "follow", at, from, most: Infinity },
          ),
        );
        for (const { context } of oracle.writes.values()) {
          for (const spans of context.values()) expect(spans).toEqual([[1, spans[0]?.[1]]]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("does not grow while an app goes on beside an edit that it never looks at", () => {
    const { oracle, devices } = play([]);
    const device = devices[0] as Device;
    device.write("a", false, undefined, "");
    device.write("a", false, undefined, "");
    for (let time = 0; time < 50; time += 1) {
      device.write("b", false, undefined, "");
      // The first of the siblings is the edit nobody looks at.
      device.write("a", false, 1, "");
    }
    expect(device.of("a").length).toBe(2);
    for (const { context } of oracle.writes.values()) {
      for (const spans of context.values()) expect(spans.length).toBe(1);
    }
  });
});
