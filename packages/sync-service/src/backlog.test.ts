import { encodeData } from "@masq/core/relay";
import { afterEach, describe, expect, it } from "vitest";
import type { Limits } from "./limits.ts";
import { openPair } from "./testing/raw-device.ts";
import { start, stopAll } from "./testing/services.ts";

afterEach(stopAll);

describe("sync service: slow and greedy devices", () => {
  const flood = async (limits: Partial<Limits>) => {
    const service = await start({ bytesBurst: 2 ** 40, bytesPerSecond: 2 ** 31, ...limits });
    const [a, b] = await openPair(service.port);
    // A receiver that promises to take everything, and then does not read.
    b.send({ type: "credit", epoch: 1, slot: 1, limit: 2 ** 40 });
    await a.next("credit");
    b.webSocket.pause();
    return { service, a, b };
  };
  const frame = encodeData(1, 1, new Uint8Array(65_536).fill(7));

  it("never keeps more than its bound for one that does not read, and loses nothing of it", async () => {
    const { service, a, b } = await flood({});
    const COUNT = 1500; // 98 MB
    for (let index = 0; index < COUNT; index += 1) a.sendBytes(frame);
    const deadline = performance.now() + 10_000;
    while (service.counts.buffered < 256 * 1024 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    let most = 0;
    for (let look = 0; look < 100; look += 1) {
      most = Math.max(most, service.counts.buffered);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(most).toBeGreaterThanOrEqual(256 * 1024);
    expect(most).toBeLessThan(1024 * 1024);
    // The rest waits where it belongs: with the sender, which is this process too.
    expect(a.webSocket.bufferedAmount).toBeGreaterThan(COUNT * 65_536 * 0.5);
    b.webSocket.resume();
    await b.next("data", COUNT);
    expect(b.of("data").every(({ bytes }) => bytes.length === 65_536 && bytes[0] === 7)).toBe(true);
  });

  it("counts tiny frames for what they cost", async () => {
    const { service, a } = await flood({ sweepMs: 50 });
    // Fill what the system takes, so that the next frame has to wait with the service.
    for (let sent = 0; service.counts.buffered === 0 && sent < 1000; sent += 1) {
      a.sendBytes(frame);
      await a.settled();
    }
    const before = service.counts;
    expect(before.buffered).toBeLessThan(128 * 1024);
    const COUNT = 16_000; // Only 112 kB, but as many objects.
    for (let index = 0; index < COUNT; index += 1) a.sendBytes(encodeData(1, 1, Uint8Array.of(1)));
    // The sign of life of a sender that is held up.
    await a.next("ping");
    // The bound and what had been read in one piece when it was met.
    expect(service.counts.forwarded - before.forwarded).toBeLessThan(10_000);
  });

  it("lets a device go that stays stuck, and reads its peer again", async () => {
    const { a, b, service } = await flood({ stalledMs: 300, sweepMs: 50 });
    for (let index = 0; index < 300; index += 1) a.sendBytes(frame);
    expect(await a.next("peer-down")).toMatchObject({ reason: "peer-left" });
    await a.settled();
    expect(service.counts.refused).toEqual({ "4005": 1 });
    b.webSocket.resume();
    await b.closed;
  });

  it("gives a paused sender signs of life", async () => {
    const { a } = await flood({ sweepMs: 50 });
    for (let index = 0; index < 300; index += 1) a.sendBytes(frame);
    await a.next("ping");
  });

  it("sheds those for whom most waits when all together wait for too much", async () => {
    const { b, a, service } = await flood({ totalBufferBytes: 100_000, sweepMs: 50 });
    for (let index = 0; index < 300; index += 1) a.sendBytes(frame);
    await a.next("peer-down");
    expect(service.counts.refused).toEqual({ "1013": 1 });
    b.webSocket.terminate();
  });

  it("reads a device no faster than its rate, and loses nothing", async () => {
    const { port } = await start({ bytesBurst: 200_000, bytesPerSecond: 1_000_000 });
    const [a, b] = await openPair(port);
    b.send({ type: "credit", epoch: 1, slot: 1, limit: 2 ** 40 });
    await a.next("credit");
    const began = performance.now();
    for (let index = 0; index < 16; index += 1) a.sendBytes(frame);
    await b.next("data", 16);
    // 1,048,576 bytes, less what may come at once and the last frame, which is only paid for afterwards.
    expect(performance.now() - began).toBeGreaterThan(650);
  });
});
