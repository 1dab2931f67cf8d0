/** The simulator is only worth something if it finds a broken rule: each of these is one, planted on purpose. */
import { describe, expect, it } from "vitest";
import { compareBytes } from "../../bytes/bytes.ts";
import { lastSeen } from "../../data/causal-context.ts";
import { decodeStamp, encodeStamp } from "../../data/stamp.ts";
import { equalVectors, joinVectors, raise, type VersionVector } from "../../data/version-vector.ts";
import type { SyncAction, SyncEvent, SyncState, Transition } from "../../sync/machine.ts";
import { TABLE, type Table } from "../../sync/namespace-sync.ts";
import { simulate, type SimulationOptions } from "./simulate.ts";

const MAX_SEEDS = 3000;

type Step = (state: SyncState, event: SyncEvent) => Transition;

/** The table with another way to answer one kind of event, in every phase. */
const withFault = <Type extends SyncEvent["type"]>(
  type: Type,
  fault: (state: SyncState, event: Extract<SyncEvent, { type: Type }>, right: Step) => Transition,
): Table =>
  Object.fromEntries(
    Object.entries(TABLE).map(([phase, cells]) => {
      const right = cells[type] as Step;
      const wrong = (state: SyncState, event: Extract<SyncEvent, { type: Type }>) =>
        fault(state, event, right);
      return [phase, { ...cells, [type]: wrong }];
    }),
  ) as unknown as Table;

const changeMerge = (
  { state, actions }: Transition,
  change: (action: Extract<SyncAction, { type: "merge" }>) => SyncAction,
): Transition => ({
  state,
  actions: actions.map((action) => (action.type === "merge" ? change(action) : action)),
});

const HASTY_PROGRESS = withFault("entries", (state, event, right) =>
  changeMerge(right(state, event), (action) => ({
    ...action,
    progress: event.message.reached + Math.min(1, event.message.remaining),
  })),
);

interface Fault extends Omit<SimulationOptions, "seed"> {
  readonly name: string;
  readonly says: RegExp;
  /** Where to begin: rare ones would take long from 0. */
  readonly from?: number;
}

const FAULTS: readonly Fault[] = [
  {
    name: "the vector is raised by entries",
    says: /claims/,
    table: withFault("entries", (state, event, right) =>
      changeMerge(right(state, event), (action) => {
        let raised: VersionVector = action.input.raise ?? new Map();
        for (const { dot } of action.input.commits.flat()) raised = raise(raised, dot);
        return { ...action, input: { ...action.input, raise: raised } };
      }),
    ),
  },
  {
    name: "a commit is split on its way",
    says: /part of a batch/,
    from: 130,
    table: withFault("followed", (state, event, right) =>
      right(state, {
        ...event,
        commits: event.commits.flatMap((rows) => rows.map((row) => [row])),
      }),
    ),
  },
  {
    name: "caughtUp is said before the cursor is at the end",
    says: /claims/,
    table: withFault("followed", (state, event, right) =>
      right(state, { ...event, end: "own" in state ? (event.end ?? state.own) : event.end }),
    ),
  },
  {
    name: "a first synchronisation leaves tombstones out",
    says: /claims|come back|holds/,
    table: withFault("scanned", (state, event, right) =>
      right(state, { ...event, rows: event.rows.filter(({ value }) => value !== null) }),
    ),
  },
  {
    name: "the cursor jumps to the end over what nobody claims",
    says: /holds|claims|verified|still has/,
    from: 4700,
    table: withFault("resume", (state, event, right) => {
      if (state.phase !== "waiting") return right(state, event);
      const { own, peer } = state;
      const isEqual =
        equalVectors(own.vector, peer.snapshot.vector) &&
        compareBytes(own.digest, peer.snapshot.digest) === 0;
      if (!isEqual) return right(state, event);
      return right(state, { ...event, message: { ...event.message, progress: own.arrival } });
    }),
  },
  {
    name: "progress runs ahead of what was taken",
    says: /holds|claims/,
    table: HASTY_PROGRESS,
  },
  {
    name: "what came is acknowledged before it is durable",
    says: /not durable/,
    table: withFault("entries", (state, event, right) => {
      const { state: next, actions } = right(state, event);
      const { caughtUp } = event.message;
      if (!("peer" in next) || caughtUp === undefined) return { state: next, actions };
      const vector = joinVectors(next.own.vector, caughtUp.vector);
      return { state: { ...next, own: { ...next.own, vector }, owesOthers: true }, actions };
    }),
  },
  {
    name: "progress runs ahead of what was taken, over relays",
    says: /holds|claims|rest/,
    relays: 2,
    from: 70,
    table: HASTY_PROGRESS,
  },
  {
    name: "a context claims all that lies below what was seen",
    says: /context .* wrong/,
    alter: (row) => {
      const { context, ...rest } = decodeStamp(row.stamp);
      const filled = Array.from(
        context.keys(),
        (id) => [id, [[1, lastSeen(context, id)]]] as const,
      );
      return { ...row, stamp: encodeStamp({ ...rest, context: new Map(filled) }) };
    },
  },
  {
    name: "repair takes what is known and not held for obsolete",
    says: /holds|verified/,
    isDamaging: true,
    table: withFault("repair", (state, event, right) =>
      changeMerge(right(state, event), (action) => ({
        ...action,
        input: { ...action.input, repair: undefined },
      })),
    ),
  },
  {
    name: "a replica that was put back goes on under its old id",
    says: /given twice/,
    putsBack: "in a new file",
    succeedAll: async () => {},
  },
  {
    name: "a replica that was put back is refused and not told",
    says: /broke the rules/,
    putsBack: "unnoticed",
    table: withFault("offer", (state, event, right) => {
      const { state: next, actions } = right(state, event);
      return { state: next, actions: actions.filter(({ type }) => type !== "outrun") };
    }),
  },
];

/** The first seed that shows the fault, and what it says. */
const find = async (fault: Fault): Promise<{ seed: number; message: string } | undefined> => {
  const { from = 0 } = fault;
  for (let seed = from; seed < from + MAX_SEEDS; seed += 1) {
    try {
      await simulate({ ...fault, seed });
    } catch (error) {
      return { seed, message: (error as Error).message };
    }
  }
  return undefined;
};

describe("the simulator finds a planted fault:", () => {
  it.each(FAULTS)(
    "$name",
    async (fault) => {
      const found = await find(fault);
      expect(found?.message).toMatch(fault.says);
    },
    120_000,
  );
});
