/** A key with more live siblings than a token names: other devices brought them, and an app still gets through. */
import { expect, it } from "vitest";
import { EMPTY_CONTEXT } from "../data/causal-context.ts";
import { encodeStamp } from "../data/stamp.ts";
import type { ReplicaId } from "../data/ids.ts";
import { MAX_NAMED_SIBLINGS, parseVersionToken } from "../data/version-token.ts";
import { memoryStorage } from "../memory-storage.ts";
import { rejectsCode } from "../testing/expect.ts";
import { MAPS } from "../testing/storage-samples.ts";
import { testHost } from "../testing/test-host.ts";
import { Replica } from "./replica.ts";

const SIBLINGS = 700;
const OTHER = "a".repeat(16) as ReplicaId;
const value = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

const crowded = async (): Promise<Replica> => {
  const replica = await Replica.open(testHost({ seed: 1 }), memoryStorage(), MAPS);
  const commits = Array.from({ length: SIBLINGS }, (_, index) => {
    // The winner is neither the first nor the last by its dot.
    const hlc = { wall: index === 400 ? 2000 : 1000, tick: 0 };
    const stamp = encodeStamp({ hlc, index: 0, context: EMPTY_CONTEXT });
    const dot = { replica: OTHER, counter: index + 1 };
    return [{ key: "k", dot, hlc, context: EMPTY_CONTEXT, stamp, value: value(String(index)) }];
  });
  await replica.merge({ commits }, []);
  return replica;
};

it("every token given out can be handed back, and names the sibling that is shown", async () => {
  const replica = await crowded();
  const { value: shown, version, conflict } = await replica.get("k");
  expect([shown, conflict]).toEqual([value("400"), true]);
  const dots = parseVersionToken(version);
  expect(dots).toHaveLength(MAX_NAMED_SIBLINGS);
  expect(dots).toContainEqual({ replica: OTHER, counter: 401 });
  const siblings = await replica.conflicts("k");
  expect(siblings[0]?.value).toEqual(value("400"));
  const joined = siblings.map((sibling) => sibling.version).join("+");
  expect(parseVersionToken(`${joined}+${"b".repeat(16)}.1`)).toHaveLength(MAX_NAMED_SIBLINGS + 1);
});

it.each(["seen", "ifVersion"] as const)(
  "writes that hand back what they read as %s resolve them all, and destroy none that was not named",
  async (option) => {
    const replica = await crowded();
    for (let before = SIBLINGS; before > 1;) {
      const { version } = await replica.get("k");
      await replica.write([{ key: "k", value: value("mine"), [option]: version }]);
      const { rows } = await replica.scan(undefined);
      const named = Math.min(before, MAX_NAMED_SIBLINGS);
      expect(rows).toHaveLength(before - named + 1);
      before = rows.length;
    }
    expect(await replica.get("k")).toMatchObject({ value: value("mine"), conflict: false });
  },
);

it("a write that has seen none of them is refused, as it would only add one", async () => {
  const replica = await crowded();
  const blind = replica.write([{ key: "k", value: value("blind"), seen: "" }]);
  await rejectsCode(() => blind, "MASQ_CONFLICT");
  const { rows } = await replica.scan(undefined);
  expect(rows).toHaveLength(SIBLINGS);
});
