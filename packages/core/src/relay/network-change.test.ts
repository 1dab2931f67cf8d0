import { describe, expect, it } from "vitest";
import { relayUp, settle } from "../testing/relay-world.ts";

describe("RelayLink, where the platform tells of the network,", () => {
  it("asks at once whether it still stands when the network may have gone", async () => {
    const { end, ends, clock, link, heard, net } = await relayUp();
    net.networkChanged();
    await settle();
    const nonce = end.of("ping")[0]?.nonce as Uint8Array;
    end.say({ type: "pong", nonce });
    await settle();
    clock.advance(4_000);
    await settle();
    expect(end.closedWith).toBeUndefined();
    net.isReachable = false;
    net.networkChanged();
    clock.advance(4_000);
    await settle();
    expect(end.closedWith).toBe(1000);
    expect(heard.at(-1)).toBe("down link-lost");
    expect(ends.length).toBe(1);
    link.close();
  });

  it("comes back at once when the network does, not after the back-off", async () => {
    const { ends, clock, link, net, statuses } = await relayUp();
    net.isReachable = false;
    ends[0]?.socket.close(1006);
    for (let minute = 0; minute < 10; minute += 1) {
      clock.advance(60_000);
      await settle();
    }
    expect(statuses.at(-1)).toMatchObject({ state: "waiting" });
    // Whatever the platform says, the network is not back yet: the next attempts are soon.
    net.networkChanged();
    await settle();
    expect(statuses.at(-1)).toMatchObject({ state: "waiting" });
    expect((statuses.at(-1) as { retryInMs: number }).retryInMs).toBeLessThanOrEqual(500);
    net.isReachable = true;
    net.networkChanged();
    await settle();
    expect(ends.length).toBe(2);
    ends[1]?.welcome();
    await settle();
    expect(statuses.at(-1)).toEqual({ state: "connected" });
    link.close();
    net.networkChanged();
    await settle();
    expect(ends.length).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it("stays away as long as the relay asks for, whatever the network does", async () => {
    const { end, ends, clock, link, net } = await relayUp();
    end.say({ type: "error", code: 4002, retryAfterSeconds: 60 });
    end.socket.close(1013);
    await settle();
    net.networkChanged();
    await settle();
    expect(ends.length).toBe(1);
    clock.advance(60_000);
    await settle();
    expect(ends.length).toBe(2);
    link.close();
  });
});
