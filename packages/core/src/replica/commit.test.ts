import { describe, expect, it } from "vitest";
import { noblePrimitives } from "../crypto/noble.ts";
import { updateDigest } from "../data/digest.ts";
import { sameDot } from "../data/dot.ts";
import { HLC_ZERO } from "../data/hlc.ts";
import type { ReplicaId } from "../data/ids.ts";
import { decodeStamp } from "../data/stamp.ts";
import { versionToken } from "../data/version-token.ts";
import type { ReplicaState, Row } from "../storage.ts";
import { byText } from "../testing/data-api.ts";
import { throwsCode } from "../testing/expect.ts";
import { planCommit, type CommitPlan, type Operation } from "./commit.ts";

const OWN = "1".repeat(16) as ReplicaId;
const NOW = 1_795_392_000_000;
const EMPTY: ReplicaState = {
  replica: OWN,
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

const value = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const put = (key: string, text: string, more: Partial<Operation> = {}): Operation => ({
  key,
  value: value(text),
  ...more,
});
const del = (key: string, more: Partial<Operation> = {}): Operation => ({
  key,
  value: null,
  ...more,
});

/** A replica without a storage: applies one commit after the other. */
class Rows {
  state = EMPTY;
  readonly kept: Row[] = [];

  commit(...operations: Operation[]): CommitPlan {
    return this.commitAt(NOW, ...operations);
  }

  commitAt(now: number, ...operations: Operation[]): CommitPlan {
    const rowsOf = (key: string): Row[] => this.kept.filter((row) => row.key === key);
    const plan = planCommit(noblePrimitives, this.state, operations, rowsOf, now);
    for (const name of plan.removed) {
      const index = this.kept.findIndex((row) => sameDot(row, name));
      this.kept.splice(index, 1);
    }
    this.kept.push(...plan.added);
    this.state = plan.state;
    return plan;
  }

  texts(key: string): (string | null)[] {
    return this.kept
      .filter((row) => row.key === key)
      .map((row) => (row.value === null ? null : Buffer.from(row.value).toString()));
  }

  token(key: string): string {
    return versionToken(this.kept.filter((row) => row.key === key && row.value !== null));
  }
}

describe("a commit", () => {
  it("gives its versions consecutive counters and arrivals, one clock stamp, and their place in it", () => {
    const rows = new Rows();
    rows.commit(put("x", "0"));
    const plan = rows.commitAt(NOW + 5, put("a", "1"), del("absent"), put("b", "2"), del("x"));
    const stamps = plan.added
      .toSorted((a, b) => a.arrival - b.arrival)
      .map((row) => [row.key, row.counter, row.arrival, decodeStamp(row.stamp)]);
    expect(stamps.map(([key, counter, arrival]) => [key, counter, arrival])).toEqual([
      ["a", 2, 2],
      ["b", 3, 3],
      ["x", 4, 4],
    ]);
    expect(stamps.map(([, , , stamp]) => (stamp as { index: number }).index)).toEqual([0, 1, 2]);
    for (const [, , , stamp] of stamps)
      expect((stamp as { hlc: unknown }).hlc).toEqual({ wall: NOW + 5, tick: 0 });
    expect(plan.dots).toEqual([
      { replica: OWN, counter: 2 },
      undefined,
      { replica: OWN, counter: 3 },
      { replica: OWN, counter: 4 },
    ]);
    expect(plan.state).toMatchObject({
      counter: 4,
      arrival: 4,
      entries: 2,
      tombstones: 1,
      bytes: 5,
      hlc: { wall: NOW + 5, tick: 0 },
    });
    expect(plan.state.vector).toEqual(new Map([[OWN, 4]]));
    expect(plan.state.digest).toEqual(
      updateDigest(noblePrimitives, new Uint8Array(16), [], rows.kept),
    );
  });

  it("that changes nothing leaves the state as it is, the clock included", () => {
    const rows = new Rows();
    rows.commit(put("a", "1"));
    const before = rows.state;
    const plan = rows.commitAt(NOW + 9, del("absent"), del("other"));
    expect(plan.state).toEqual(before);
    expect(plan.added).toEqual([]);
    expect(plan.shown.map(({ key, version }) => [key, version])).toEqual([
      ["absent", ""],
      ["other", ""],
    ]);
  });

  it("of a writer that never read the key supersedes all that is there", () => {
    const rows = new Rows();
    rows.commit(put("k", "1"));
    rows.commit(put("k", "2", { seen: "" }));
    expect(rows.texts("k")).toEqual(["1", "2"]);
    rows.commit(put("k", "3"));
    expect(rows.texts("k")).toEqual(["3"]);
  });

  it("keeps what its writer had not seen beside it", () => {
    const rows = new Rows();
    rows.commit(put("k", "seen"));
    const seen = rows.token("k");
    rows.commit(put("k", "unseen"));
    const plan = rows.commit(put("k", "mine", { seen }));
    expect(rows.texts("k").toSorted(byText)).toEqual(["mine", "unseen"]);
    expect(plan.shown[0]).toMatchObject({ conflict: true, version: rows.token("k") });
    expect(plan.state.entries).toBe(1);
    rows.commit(put("k", "merged", { seen: rows.token("k") }));
    expect(rows.texts("k")).toEqual(["merged"]);
  });

  it("lets an unseen edit survive a deletion", () => {
    const rows = new Rows();
    rows.commit(put("k", "1"));
    const seen = rows.token("k");
    rows.commit(put("k", "2"));
    rows.commit(del("k", { seen }));
    expect(rows.texts("k")).toContain("2");
    expect(rows.state).toMatchObject({ entries: 1 });
    rows.commit(put("k", "3", { seen: rows.token("k") }));
    expect(rows.texts("k")).toEqual(["3"]);
  });

  it("makes no sibling of a tombstone, which nobody can have seen", () => {
    const rows = new Rows();
    rows.commit(put("k", "1"));
    const seen = rows.token("k");
    rows.commit(del("k"));
    rows.commit(put("k", "2", { seen }));
    expect(rows.texts("k")).toEqual(["2"]);
    rows.commit(del("k"));
    rows.commit(put("k", "3", { seen: "" }));
    expect(rows.texts("k")).toEqual(["3"]);
    expect(rows.state.tombstones).toBe(0);
  });

  it("counts an own write under way as seen, and all earlier operations on the key in the same commit", () => {
    const rows = new Rows();
    rows.commit(put("k", "0"));
    const seen = rows.token("k");
    const first = rows.commit(put("k", "1", { seen }));
    const own = () => first.dots[0];
    rows.commit(
      put("k", "2", { seen, own }),
      put("k", "3", { seen, own }),
      put("other", "4"),
      put("k", "5", { seen, own }),
    );
    expect(rows.texts("k")).toEqual(["5"]);
    rows.commit(put("k", "6", { seen: "", own: () => undefined }), del("k", { seen: "" }));
    expect(
      rows.texts("k").filter((text) => text !== null),
      "only what it had not seen",
    ).toEqual(["5"]);
  });

  it("counts all that ifVersion names as seen, whatever else its writer remembers", () => {
    const rows = new Rows();
    rows.commit(put("k", "1"));
    const seen = rows.token("k");
    rows.commit(put("k", "2"));
    rows.commit(put("k", "3", { seen, ifVersion: rows.token("k") }));
    expect(rows.texts("k")).toEqual(["3"]);
  });

  it("fails with MASQ_CONFLICT and touches nothing when one ifVersion is not met", () => {
    const rows = new Rows();
    rows.commit(put("k", "1"));
    const before = [rows.state, [...rows.kept]];
    const token = rows.token("k");
    throwsCode(() => rows.commit(put("a", "1"), put("k", "2", { ifVersion: "" })), "MASQ_CONFLICT");
    throwsCode(
      () => rows.commit(put("k", "2", { ifVersion: token }), put("k", "3", { ifVersion: token })),
      "MASQ_CONFLICT",
    );
    throwsCode(() => rows.commit(del("absent", { ifVersion: token })), "MASQ_CONFLICT");
    expect([rows.state, rows.kept]).toEqual(before);
    rows.commit(del("k", { ifVersion: token }), put("k", "4", { ifVersion: "" }));
    expect(rows.texts("k")).toEqual(["4"]);
  });

  it("goes on with its clock when the wall time falls back", () => {
    const rows = new Rows();
    rows.commitAt(NOW, put("k", "1"));
    rows.commitAt(NOW - 1_000_000, put("k", "2"));
    expect(rows.state.hlc).toEqual({ wall: NOW, tick: 1 });
  });

  it("believes nobody who has seen what was never written", () => {
    const rows = new Rows();
    rows.commit(put("k", "1"));
    const forged = rows.token("k").replace(/\.1$/, ".zzzz");
    rows.commit(put("k", "2", { seen: forged }));
    expect(rows.texts("k").toSorted(byText)).toEqual(["1", "2"]);
    rows.commit(put("k", "3"));
    rows.commit(put("k", "4"));
    expect(rows.texts("k")).toEqual(["4"]);
  });

  it("bounds the versions an app can pile up without looking", () => {
    const rows = new Rows();
    const blind = () => rows.commit(put("k", "x", { seen: "" }));
    for (let index = 0; index < 64; index += 1) blind();
    expect(blind).toThrow(expect.objectContaining({ code: "MASQ_CONFLICT" }));
    rows.commit(put("k", "resolved"));
    expect(rows.texts("k")).toEqual(["resolved"]);
  });

  it("keeps an unseen edit when its writer's own earlier write has a higher counter", () => {
    const rows = new Rows();
    rows.commit(put("k", "seen by both"));
    const seen = rows.token("k");
    rows.commit(put("k", "unseen"));
    const first = rows.commit(put("k", "mine 1", { seen }));
    rows.commit(put("k", "mine 2", { seen, own: () => first.dots[0] }));
    expect(rows.texts("k").toSorted(byText)).toEqual(["mine 2", "unseen"]);
  });
});
