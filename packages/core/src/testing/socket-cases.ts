/** The acceptance suite of a Socket, as data: a test file maps it to its runner, a browser page runs it as it is. */
import type { Socket } from "../host.ts";
import { equal, isTrue } from "./expect.ts";
import { collector, type Collector } from "./waiting.ts";

/** Both ends of one new connection, neither attached. */
export type OpenPair = () => Promise<readonly [Socket, Socket]>;

export interface SocketCase {
  /** A sentence about behaviour. */
  readonly name: string;
  readonly run: (openPair: OpenPair) => Promise<void>;
}

type Happening = { readonly frame: Uint8Array } | { readonly code: number } | "drain";

/** Attaches to a socket and collects what it tells. */
const listen = (socket: Socket): Collector<Happening> => {
  const heard = collector<Happening>();
  socket.attach({
    message: (frame) => heard.push({ frame: new Uint8Array(frame) }),
    close: (code) => heard.push({ code }),
    drain: () => heard.push("drain"),
  });
  return heard;
};

const framesOf = (items: readonly Happening[]): Uint8Array[] =>
  items.flatMap((item) => (typeof item === "object" && "frame" in item ? [item.frame] : []));

const codesOf = (items: readonly Happening[]): number[] =>
  items.flatMap((item) => (typeof item === "object" && "code" in item ? [item.code] : []));

const frames = async (heard: Collector<Happening>, count: number): Promise<Uint8Array[]> =>
  framesOf(await heard.until((items) => framesOf(items).length >= count, `${count} frames`));

const closed = async (heard: Collector<Happening>): Promise<number[]> =>
  codesOf(await heard.until((items) => codesOf(items).length > 0, "a close"));

const numbered = (index: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 7 + index) % 256);

/** A case with both ends attached; closes them afterwards. */
const joined = (
  name: string,
  run: (
    a: Socket,
    b: Socket,
    heardByA: Collector<Happening>,
    heardByB: Collector<Happening>,
  ) => Promise<void>,
): SocketCase => ({
  name,
  async run(openPair) {
    const [a, b] = await openPair();
    try {
      await run(a, b, listen(a), listen(b));
    } finally {
      a.close(1000);
      b.close(1000);
    }
  },
});

export const socketCases: readonly SocketCase[] = [
  joined("frames arrive in order, both ways at once", async (a, b, heardByA, heardByB) => {
    const sent = Array.from({ length: 200 }, (_, index) => numbered(index, 1 + (index % 50)));
    for (const frame of sent) {
      a.send(frame);
      b.send(frame);
    }
    equal(await frames(heardByA, 200), sent);
    equal(await frames(heardByB, 200), sent);
  }),
  joined(
    "every byte arrives as it was sent, up to 65,535 of them",
    async (a, _b, _heardByA, heardByB) => {
      const sent = [0, 1, 125, 126, 127, 256, 4096, 65_534, 65_535].map((length) =>
        numbered(3, length),
      );
      for (const frame of sent) a.send(frame);
      equal(await frames(heardByB, sent.length), sent);
    },
  ),
  {
    name: "frames sent before the other end attaches are not lost",
    async run(openPair) {
      const [a, b] = await openPair();
      const heardByA = listen(a);
      a.send(Uint8Array.of(1));
      a.send(Uint8Array.of(2));
      const heardByB = listen(b);
      equal(await frames(heardByB, 2), [Uint8Array.of(1), Uint8Array.of(2)]);
      a.close(1000);
      await closed(heardByA);
    },
  },
  ...[1000, 1001, 4400, 4403, 4409].map((code) =>
    joined(`close code ${code} reaches both ends`, async (a, _b, heardByA, heardByB) => {
      a.close(code);
      equal(await closed(heardByB), [code]);
      equal(await closed(heardByA), [code]);
    }),
  ),
  joined("a close code goes the other way too", async (_a, b, heardByA, heardByB) => {
    b.close(4429);
    equal(await closed(heardByA), [4429]);
    equal(await closed(heardByB), [4429]);
  }),
  joined("what was sent before close arrives before it", async (a, _b, heardByA, heardByB) => {
    for (let index = 0; index < 20; index += 1) a.send(numbered(index, 1000));
    a.close(4403);
    await closed(heardByB);
    equal(framesOf(heardByB.items).length, 20);
    equal(heardByB.items.at(-1), { code: 4403 });
    await closed(heardByA);
  }),
  joined("close can be repeated, and the first code counts", async (a, b, heardByA, heardByB) => {
    a.close(4403);
    a.close(4400);
    equal(await closed(heardByB), [4403]);
    equal(await closed(heardByA), [4403]);
    a.close(1000);
    b.close(1000);
    equal(codesOf(heardByA.items), [4403], "told once");
    equal(codesOf(heardByB.items), [4403], "told once");
  }),
  joined("nothing is sent or told after close", async (a, b, heardByA, heardByB) => {
    a.close(1000);
    a.send(Uint8Array.of(1));
    await closed(heardByA);
    await closed(heardByB);
    a.send(Uint8Array.of(2));
    b.send(Uint8Array.of(3));
    a.pause();
    a.resume();
    equal(heardByA.items, [{ code: 1000 }]);
    equal(heardByB.items, [{ code: 1000 }]);
  }),
  joined(
    "a paused end loses nothing, and gets it in order once resumed",
    async (a, b, heardByA, heardByB) => {
      a.send(Uint8Array.of(0));
      await frames(heardByB, 1);
      b.pause();
      for (let index = 1; index <= 50; index += 1) a.send(Uint8Array.of(index));
      // The other direction goes on meanwhile.
      b.send(Uint8Array.of(99));
      equal(await frames(heardByA, 1), [Uint8Array.of(99)]);
      b.resume();
      equal(
        (await frames(heardByB, 51)).map(([byte]) => byte),
        Array.from({ length: 51 }, (_, index) => index),
      );
    },
  ),
  joined(
    "bytes for an end that does not read are counted, and their end is told",
    async (a, b, heardByA, heardByB) => {
      equal(a.buffered, 0);
      b.pause();
      // More than the buffers a real connection has on its way, so that some of it must wait here.
      let sent = 0;
      while (a.buffered < 1024 * 1024 && sent < 1000) {
        a.send(numbered(sent, 65_535));
        sent += 1;
      }
      isTrue(a.buffered > 0, "bytes are waiting");
      b.resume();
      const arrived = await frames(heardByB, sent);
      isTrue(
        arrived.every((frame, index) => frame.length === 65_535 && frame[0] === index % 256),
        "whole and in order",
      );
      await heardByA.until((items) => items.includes("drain"), "drain");
      equal(a.buffered, 0);
    },
  ),
];
