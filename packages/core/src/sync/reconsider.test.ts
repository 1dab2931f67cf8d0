import { describe, expect, it } from "vitest";
import { MAPS } from "../testing/storage-samples.ts";
import { connect, contents, syncDevice, type Connection } from "../testing/sync-ends.ts";

const put = (key: string, number: number) => ({ key, value: Uint8Array.of(number) });

/** `from:type` of all messages, in the order they were sent. */
const trace = ({ sent }: Connection): string[] =>
  sent.map(({ from, message }) => `${from}:${message.type}`);

describe("preferences", () => {
  it("that have changed are asked again; an offer left unanswered comes again in the next session", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await ends[0].replica.write([put("k", 1)]);
    const shared = new Set<string>();
    const shares = (name: string, namespace: string): boolean =>
      name === "a" || shared.has(namespace);
    const first = connect(ends, { shares });
    await first.quiet();
    first.syncs[1].reconsider();
    await first.quiet();
    expect(trace(first)).not.toContain("b:offer");
    expect(first.errors, "nothing has changed").toEqual([]);
    shared.add(MAPS);
    first.syncs[1].reconsider();
    await first.quiet();
    expect(first.errors, "over, and nobody is to blame").toEqual([undefined, undefined]);
    const second = connect(ends, { shares });
    await second.quiet();
    second.syncs[1].reconsider();
    await second.quiet();
    expect(second.errors).toEqual([]);
    expect(trace(second).filter((step) => step === "b:offer").length, "once").toBe(1);
    expect(await contents(ends[1])).toEqual(await contents(ends[0]));
  });

  it("that let a namespace in which the peer has not offered need no other session", async () => {
    const ends = [await syncDevice("a", 1), await syncDevice("b", 2)] as const;
    await ends[0].replica.write([put("k", 1)]);
    const sharing = new Set<string>();
    const connection = connect(ends, { shares: (name) => sharing.has(name) });
    await connection.quiet();
    sharing.add("a").add("b");
    connection.syncs[1].reconsider();
    await connection.quiet();
    expect(connection.errors).toEqual([]);
    expect(await contents(ends[1])).toEqual(await contents(ends[0]));
  });
});
