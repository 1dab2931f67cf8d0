import { describe, expect, it } from "vitest";
import type { Socket } from "../host.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { rejectsCode } from "../testing/expect.ts";
import { socketPair } from "./socket-pair.ts";
import { collector } from "../testing/waiting.ts";
import { CLOSE_LIMIT } from "./protocol.ts";
import { QueuedSocket } from "./queued-socket.ts";

const open = (): {
  queued: QueuedSocket;
  other: Socket;
  closed: ReturnType<typeof collector<number>>;
  clock: ReturnType<typeof manualClock>;
} => {
  const [socket, other] = socketPair();
  const closed = collector<number>();
  other.attach({ message: () => {}, close: (code) => closed.push(code), drain: () => {} });
  return { queued: new QueuedSocket(socket), other, closed, clock: manualClock() };
};

const told = (socket: QueuedSocket) => {
  const heard = collector<number | string>();
  socket.attach({
    message: ([byte]) => heard.push(byte ?? -1),
    close: (code) => heard.push(`closed ${code}`),
    drain: () => heard.push("drain"),
  });
  return heard;
};

describe("a queued socket", () => {
  it("gives out frames one by one, then hands the rest to its owner in order", async () => {
    const { queued, other, clock } = open();
    for (const byte of [1, 2, 3, 4]) other.send(Uint8Array.of(byte));
    expect(await queued.next(clock, 1000)).toEqual(Uint8Array.of(1));
    expect(await queued.next(clock, 1000)).toEqual(Uint8Array.of(2));
    const heard = told(queued);
    other.send(Uint8Array.of(5));
    other.close(4403);
    await heard.until((items) => items.includes("closed 4403"), "the close");
    expect(heard.items).toEqual([3, 4, 5, "closed 4403"]);
    expect(clock.pending, "no timer is left").toBe(0);
  });

  it("tells its owner of a close that came before", async () => {
    const { queued, other, clock } = open();
    other.send(Uint8Array.of(1));
    other.close(4400);
    await queued.next(clock, 1000);
    await rejectsCode(queued.next(clock, 1000), "MASQ_STORE_UNREACHABLE");
    expect(queued.closedWith).toBe(4400);
    expect(told(queued).items).toEqual(["closed 4400"]);
  });

  it("gives up waiting at the deadline, not before, and at once when it has passed", async () => {
    const { queued, clock } = open();
    let isSettled = false;
    const next = queued.next(clock, 1000).finally(() => {
      isSettled = true;
    });
    clock.advance(999);
    await Promise.resolve();
    expect(isSettled).toBe(false);
    clock.advance(1);
    await rejectsCode(next, "MASQ_STORE_UNREACHABLE");
    const late = queued.next(clock, 500);
    clock.advance(0);
    await rejectsCode(late, "MASQ_STORE_UNREACHABLE");
    expect(clock.pending).toBe(0);
  });

  it("takes 16 frames that nobody waits for", async () => {
    const { queued, other, clock } = open();
    for (let byte = 0; byte < 16; byte += 1) other.send(Uint8Array.of(byte));
    for (let byte = 0; byte < 16; byte += 1)
      expect(await queued.next(clock, 1000)).toEqual(Uint8Array.of(byte));
  });

  it("closes the connection at the seventeenth and keeps none of them", async () => {
    const { queued, other, closed, clock } = open();
    for (let byte = 0; byte < 40; byte += 1) other.send(Uint8Array.of(byte));
    expect(await closed.until(({ length }) => length > 0, "the close")).toEqual([CLOSE_LIMIT]);
    await rejectsCode(queued.next(clock, 1000), "MASQ_STORE_UNREACHABLE");
    expect(told(queued).items).toEqual([`closed ${CLOSE_LIMIT}`]);
  });
});
