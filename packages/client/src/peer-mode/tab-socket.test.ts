import type { Socket } from "@masq/core";
import { collector, socketCases } from "@masq/core/testing";
import { describe, expect, it } from "vitest";
import { TabSocket, type TabChannel } from "./tab-socket.ts";

let names = 0;

const pair = (): [TabSocket, TabSocket] => {
  names += 1;
  const open = (): TabChannel => new BroadcastChannel(`tab-socket ${names}`) as TabChannel;
  return [new TabSocket(open(), () => {}), new TabSocket(open(), () => {})];
};

describe("a socket between two tabs", () => {
  for (const { name, run } of socketCases) it(name, () => run(async () => pair()));

  it("tells its end once when the other tab turns out to be gone", async () => {
    const ends = collector<string>();
    const channel = new BroadcastChannel("tab-socket lost") as TabChannel;
    const socket = new TabSocket(channel, () => ends.push("ended"));
    socket.attach({ message: () => {}, drain: () => {}, close: (code) => ends.push(String(code)) });
    socket.lost();
    socket.lost();
    socket.close(1000);
    await ends.until(({ length }) => length === 2, "both ends");
    expect(ends.items).toEqual(["ended", "1006"]);
  });

  it("counts what the other tab has not taken, as long as it does not", async () => {
    const [a, b]: [Socket, Socket] = pair();
    const seen = collector<number>();
    const drained = collector<string>();
    a.attach({ message: () => {}, drain: () => drained.push("drained"), close: () => {} });
    b.attach({ message: ({ length }) => seen.push(length), drain: () => {}, close: () => {} });
    b.pause();
    a.send(new Uint8Array(1000));
    // A view takes no more with it than it shows.
    a.send(new Uint8Array(5000).subarray(10, 20));
    expect(a.buffered).toBe(1010);
    b.resume();
    await drained.until(({ length }) => length > 0, "a drain");
    expect([a.buffered, ...seen.items]).toEqual([0, 1000, 10]);
    a.close(1000);
    b.close(1000);
  });
});
