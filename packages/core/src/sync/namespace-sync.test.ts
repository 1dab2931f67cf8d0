import { describe, expect, it } from "vitest";
import { EMPTY_DIGEST } from "../data/digest.ts";
import { HLC_ZERO } from "../data/hlc.ts";
import { EMPTY_CONTEXT } from "../data/causal-context.ts";
import { encodeStamp } from "../data/stamp.ts";
import type { ReplicaState, Row } from "../storage.ts";
import { MAPS, REPLICA_A, REPLICA_B } from "../testing/storage-samples.ts";
import { encodeMessage } from "./messages.ts";
import { MAX_REPAIRS, MAX_SYNC_MESSAGE_BYTES, PORTIONS, WINDOW } from "./limits.ts";
import {
  snapshotOf,
  type MetState,
  type Phase,
  type SyncAction,
  type SyncEvent,
  type SyncState,
  type Transition,
} from "./machine.ts";
import { offering, step, TABLE, wantsTurn } from "./namespace-sync.ts";

const state = (change: Partial<ReplicaState> = {}): ReplicaState => ({
  replica: REPLICA_A,
  counter: 4,
  arrival: 9,
  hlc: HLC_ZERO,
  vector: new Map([[REPLICA_A, 4]]),
  held: new Map([[REPLICA_A, 4]]),
  digest: EMPTY_DIGEST,
  entries: 2,
  tombstones: 0,
  bytes: 10,
  ...change,
});

const stamp = encodeStamp({ hlc: HLC_ZERO, index: 0, context: EMPTY_CONTEXT });
const row = (counter: number, change: Partial<Row> = {}): Row => ({
  key: `k${counter}`,
  replica: REPLICA_A,
  counter,
  arrival: counter,
  stamp,
  value: Uint8Array.of(counter),
  ...change,
});

const peerVector = new Map([
  [REPLICA_A, 1],
  [REPLICA_B, 3],
]);
const peerSnapshot = { vector: peerVector, digest: EMPTY_DIGEST, isClean: true };

/** One of each event, as it may come from an honest peer. */
const events: { readonly [Type in SyncEvent["type"]]: Extract<SyncEvent, { type: Type }> } = {
  offer: {
    type: "offer",
    message: {
      type: "offer",
      number: 0,
      namespace: MAPS,
      replica: REPLICA_B,
      announcements: [],
      snapshot: peerSnapshot,
    },
    progress: 5,
  },
  resume: { type: "resume", message: { type: "resume", number: 0, progress: 2 } },
  entries: {
    type: "entries",
    message: {
      type: "entries",
      number: 0,
      reached: 7,
      remaining: 3,
      commits: [],
      caughtUp: undefined,
    },
  },
  scan: {
    type: "scan",
    message: { type: "scan", number: 0, start: 4, last: "k", remaining: 2, rows: [] },
  },
  ack: {
    type: "ack",
    message: { type: "ack", number: 0, taken: 0, snapshot: peerSnapshot, others: new Map() },
  },
  repair: {
    type: "repair",
    message: { type: "repair", number: 0, round: 1, vector: peerVector, isLast: false, rows: [] },
  },
  merged: { type: "merged", state: state() },
  changed: { type: "changed", state: state({ arrival: 10 }) },
  others: { type: "others" },
  followed: { type: "followed", commits: [[row(2)]], reached: 9, end: state() },
  scanned: { type: "scanned", rows: [row(2)], last: "k2" },
  repairRead: { type: "repairRead", vector: peerVector, rows: [], last: undefined },
  turn: { type: "turn" },
  timer: { type: "timer" },
};

const after = (start: SyncState, ...chain: SyncEvent[]): SyncState =>
  chain.reduce((reached, event) => step(reached, event).state, start);

const begun = offering(state(), PORTIONS);
const waiting = after(begun, events.offer);
const scanResume: SyncEvent = {
  type: "resume",
  message: { type: "resume", number: 0, progress: { key: "k", start: 3 } },
};
const states: { readonly [P in Phase]: SyncState } = {
  offering: begun,
  waiting,
  scanning: after(waiting, scanResume),
  streaming: after(waiting, events.resume),
  live: after(waiting, events.resume, events.followed),
  ended: { phase: "ended" },
};

/** Where each event leads: docs/sync.md shows the same. "=" stays. */
const EXPECTED: {
  readonly [P in Phase]: { readonly [Type in SyncEvent["type"]]: Phase | "=" };
} = (() => {
  const met = {
    offer: "ended",
    resume: "ended",
    entries: "=",
    scan: "=",
    ack: "=",
    repair: "=",
    merged: "=",
    changed: "=",
    others: "=",
    followed: "=",
    scanned: "=",
    repairRead: "=",
    turn: "=",
    timer: "=",
  } as const;
  const early = { entries: "ended", scan: "ended", ack: "ended", repair: "ended" } as const;
  return {
    offering: { ...met, ...early, offer: "waiting", resume: "ended" },
    waiting: { ...met, resume: "streaming" },
    scanning: met,
    streaming: { ...met, followed: "live" },
    live: met,
    ended: { ...met, offer: "=", resume: "=" },
  } as const;
})();

const phases = Object.keys(states) as Phase[];
const types = Object.keys(events) as SyncEvent["type"][];

const endsWith = ({ state: { phase }, actions }: Transition): string | undefined =>
  phase === "ended"
    ? actions.flatMap((action) => (action.type === "end" ? [action.error.code] : []))[0]
    : undefined;

const live = (change: Partial<MetState> = {}): SyncState =>
  ({ ...states.live, ...change }) as SyncState;

describe("the machine of a namespace", () => {
  it("has an answer for every event in every phase", () => {
    expect(Object.keys(TABLE).toSorted()).toEqual(phases.toSorted());
    for (const phase of phases) {
      expect(states[phase].phase).toBe(phase);
      for (const type of types) {
        const transition = step(states[phase], events[type]);
        const expected = EXPECTED[phase][type];
        expect(transition.state.phase, `${phase}, ${type}`).toBe(
          expected === "=" ? phase : expected,
        );
        const isRefused = expected === "ended";
        expect(endsWith(transition), `${phase}, ${type}`).toBe(
          isRefused ? "MASQ_MESSAGE_INVALID" : undefined,
        );
      }
    }
  });

  it("is pure: the same state and event give the same, and neither is changed", () => {
    for (const phase of phases) {
      for (const type of types) {
        const before = structuredClone({ state: states[phase], event: events[type] });
        const first = step(states[phase], events[type]);
        expect(step(states[phase], events[type])).toEqual(first);
        expect({ state: states[phase], event: events[type] }).toEqual(before);
      }
    }
  });

  it("scans for a peer that has nothing of anyone else, and streams to every other", () => {
    const empty = { ...events.offer.message, snapshot: { ...peerSnapshot, vector: new Map() } };
    const none: SyncEvent = {
      type: "resume",
      message: { type: "resume", number: 0, progress: undefined },
    };
    const toEmpty = after(begun, { ...events.offer, message: empty }, none);
    expect(toEmpty).toMatchObject({ phase: "scanning", after: undefined, start: 9 });
    expect(after(waiting, none)).toMatchObject({ phase: "streaming", pending: { reached: 0 } });
  });

  it("jumps to the end only if both agree and it holds nothing unclaimed", () => {
    const vector = new Map([
      [REPLICA_A, 4],
      [REPLICA_B, 3],
    ]);
    const offer = { ...events.offer.message, snapshot: { ...peerSnapshot, vector } };
    const reached = (own: ReplicaState): unknown =>
      after(offering(own, PORTIONS), { ...events.offer, message: offer }, events.resume);
    expect(reached(state({ vector, held: vector }))).toMatchObject({ pending: { reached: 9 } });
    const held = new Map(vector).set(REPLICA_B, 4);
    expect(reached(state({ vector, held }))).toMatchObject({ pending: { reached: 2 } });
    const digest = EMPTY_DIGEST.with(0, 1);
    expect(reached(state({ vector, held: vector, digest }))).toMatchObject({
      pending: { reached: 2 },
    });
  });

  it("claims its vector only with what reaches the end, in the message that does", () => {
    const started = after(states.streaming, events.turn, events.turn);
    const more = step(started, { ...events.followed, end: undefined }).state;
    expect(step(more, events.turn).actions).toMatchObject([
      { type: "send", message: { type: "entries", caughtUp: undefined } },
    ]);
    const [resume, ack] = [states.live, step(states.live, events.turn).state];
    expect(step(resume, events.turn).actions[0]).toMatchObject({ message: { type: "resume" } });
    expect(step(ack, events.turn).actions[0]).toMatchObject({ message: { type: "ack" } });
    expect(step(step(ack, events.turn).state, events.turn).actions).toMatchObject([
      {
        type: "send",
        message: {
          type: "entries",
          reached: 9,
          caughtUp: snapshotOf(state()),
          commits: [[row(2)]],
        },
      },
    ]);
  });

  it("sends no more than the window before it hears of the first", () => {
    let reached = states.streaming;
    let sent = 0;
    for (let round = 0; round < 20; round += 1) {
      reached = step(reached, { ...events.followed, end: undefined }).state;
      if (!wantsTurn(reached)) continue;
      const { state: next, actions } = step(reached, events.turn);
      reached = next;
      sent += actions.filter(
        (action) => action.type === "send" && action.message.type === "entries",
      ).length;
    }
    expect(sent).toBe(WINDOW);
    const [ack] = [{ ...events.ack, message: { ...events.ack.message, taken: 2 } }];
    expect(wantsTurn(step(reached, ack as SyncEvent).state)).toBe(true);
  });

  it("sends a commit in parts only if no message could hold it, and loses nothing of it", () => {
    const rows = Array.from({ length: 300 }, (_, index) =>
      row(index + 5, { stamp: new Uint8Array(30_000) }),
    );
    let reached = after(states.streaming, events.turn, events.turn);
    reached = step(reached, {
      type: "followed",
      commits: [rows],
      reached: 304,
      end: state(),
    }).state;
    const counters: number[] = [];
    let last: SyncAction | undefined;
    while (wantsTurn(reached)) {
      const { state: next, actions } = step(reached, events.turn);
      reached = { ...next, unacknowledged: 0 } as SyncState;
      [last] = actions;
      if (last?.type !== "send" || last.message.type !== "entries") throw new Error("entries");
      const { commits, caughtUp, reached: position } = last.message;
      counters.push(...commits.flat().map(({ counter }) => counter));
      expect(encodeMessage(last.message).length).toBeLessThanOrEqual(MAX_SYNC_MESSAGE_BYTES);
      expect(caughtUp !== undefined, "claimed with the last part").toBe(counters.length === 300);
      expect(position).toBe(counters.at(-1));
    }
    expect(counters).toEqual(rows.map(({ counter }) => counter));
  });

  it("ends the session of a peer that does not keep to the window or claims what cannot be", () => {
    const beyond = new Map([[REPLICA_A, 5]]);
    const snapshot = { ...peerSnapshot, vector: beyond };
    const wrong: [SyncState, SyncEvent][] = [
      [live({ merging: WINDOW - 1, taken: 1 }), events.entries],
      [live(), { ...events.ack, message: { ...events.ack.message, taken: 1 } }],
      [live(), { ...events.ack, message: { ...events.ack.message, snapshot } }],
      [live(), { ...events.entries, message: { ...events.entries.message, caughtUp: snapshot } }],
      [begun, { ...events.offer, message: { ...events.offer.message, snapshot } }],
      [begun, { ...events.offer, message: { ...events.offer.message, replica: REPLICA_A } }],
      [waiting, { ...events.resume, message: { ...events.resume.message, progress: 10 } }],
    ];
    for (const [before, event] of wrong) {
      expect(endsWith(step(before, event)), event.type).toBe("MASQ_MESSAGE_INVALID");
    }
  });

  it("repairs at most so often, each time after a longer wait", () => {
    const digest = EMPTY_DIGEST.with(0, 1);
    const vector = state().vector;
    let reached = step(live(), {
      ...events.ack,
      message: { ...events.ack.message, snapshot: { vector, digest, isClean: true } },
    });
    const waits: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      waits.push(
        ...reached.actions.flatMap((action) => (action.type === "wait" ? [action.delayMs] : [])),
      );
      let next = step(reached.state, events.timer).state;
      for (let turn = 0; turn < 4 && wantsTurn(next); turn += 1)
        next = step(next, events.turn).state;
      reached = step({ ...next, unacknowledged: 0 } as SyncState, events.repairRead);
    }
    expect(waits.length).toBe(MAX_REPAIRS);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(new Set(waits).size).toBe(MAX_REPAIRS);
  });
});
