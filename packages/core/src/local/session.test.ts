import { describe, expect, it } from "vitest";
import { noblePrimitives } from "../crypto/noble.ts";
import type { Socket } from "../host.ts";
import { CipherState } from "../noise/cipher-state.ts";
import { tamperedPair, type Tamper } from "../testing/local-ends.ts";
import { throwsCode } from "../testing/expect.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { socketPair } from "./socket-pair.ts";
import { collector, type Collector } from "../testing/waiting.ts";
import { encodeItem } from "./cbor.ts";
import {
  CLOSE_FAILED,
  MAX_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  RECORD_LAST,
  RECORD_MORE,
} from "./protocol.ts";
import { LocalSession } from "./session.ts";

const cipher = (byte: number): CipherState => {
  const state = new CipherState(noblePrimitives);
  state.initializeKey(new Uint8Array(32).fill(byte));
  return state;
};

type Heard = { readonly item: unknown } | { readonly closed: number };

const listen = (session: LocalSession): Collector<Heard> => {
  const heard = collector<Heard>();
  session.attach({
    message: (item) => heard.push({ item }),
    close: (closed) => heard.push({ closed }),
    drain: () => {},
  });
  return heard;
};

const closing = (heard: Collector<Heard>): Promise<readonly Heard[]> =>
  heard.until((items) => items.some((each) => "closed" in each), "the close");

/** Two sessions over a connection, and a way to seal records by hand as the first would. */
const openEnds = (sockets: readonly [Socket, Socket] = socketPair()) => {
  const [socketA, socketB] = sockets;
  const a = new LocalSession(socketA, { send: cipher(1), receive: cipher(2) });
  const b = new LocalSession(socketB, { send: cipher(2), receive: cipher(1) });
  return { a, b, heardByA: listen(a), heardByB: listen(b) };
};

/** A peer that seals what it likes. */
const openForger = () => {
  const [outside, socket] = socketPair();
  const send = cipher(1);
  outside.attach({ message: () => {}, close: () => {}, drain: () => {} });
  const session = new LocalSession(socket, { send: cipher(2), receive: cipher(1) });
  const seal = (...record: number[]): void =>
    outside.send(send.encryptWithAd(new Uint8Array(), Uint8Array.from(record)));
  const sealBytes = (flag: number, piece: Uint8Array): void => {
    const record = new Uint8Array(1 + piece.length);
    record[0] = flag;
    record.set(piece, 1);
    outside.send(send.encryptWithAd(new Uint8Array(), record));
  };
  return { seal, sealBytes, heard: listen(session) };
};

const FULL_PIECE = new Uint8Array(MAX_FRAME_BYTES - 17);

describe("a local session", () => {
  it("keeps what is short until the end of the turn and lets the rest of a long turn leave before", async () => {
    const [socket, other] = socketPair();
    const sent: number[] = [];
    const spy: Socket = {
      get buffered() {
        return socket.buffered;
      },
      attach: (handlers) => socket.attach(handlers),
      send: (frame) => {
        sent.push(frame.length);
        socket.send(frame);
      },
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: (code) => socket.close(code),
    };
    const { a, heardByB } = openEnds([spy, other]);
    a.send("short");
    expect(sent).toHaveLength(0);
    const items = ["short", ...Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(1000))];
    for (const item of items.slice(1)) a.send(item);
    const early = sent.length;
    expect(early).toBeGreaterThan(0);
    const heard = await heardByB.until((all) => all.length === items.length, "all of them");
    expect(heard).toEqual(items.map((item) => ({ item })));
    expect(sent).toHaveLength(early + 1);
  });

  it("delivers messages whole and in order, those of one turn in one record", async () => {
    const sizes: number[] = [];
    const count: Tamper = (frame) => {
      sizes.push(frame.length);
      return [frame];
    };
    const { a, heardByB } = openEnds(tamperedPair(count, count));
    for (let index = 0; index < 100; index += 1) a.send([index, "x".repeat(index)]);
    await heardByB.until(({ length }) => length === 100, "100 messages");
    expect(heardByB.items).toEqual(
      Array.from({ length: 100 }, (_, index) => ({ item: [index, "x".repeat(index)] })),
    );
    expect(sizes).toHaveLength(1);
  });

  it("cuts messages of 4 MiB into frames and puts them together again", async () => {
    const sizes: number[] = [];
    const count: Tamper = (frame) => {
      sizes.push(frame.length);
      return [frame];
    };
    const { a, b, heardByA, heardByB } = openEnds(tamperedPair(count, count));
    const random = seededRandom(8);
    const large = [
      random.bytes(4 * 1024 * 1024),
      random.bytes(MAX_FRAME_BYTES - 18),
      random.bytes(1),
    ];
    for (const bytes of large) a.send([1, bytes]);
    b.send([2, large[1]]);
    await heardByB.until(({ length }) => length === 3, "three messages");
    await heardByA.until(({ length }) => length === 1, "one message");
    expect(
      heardByB.items.every(
        (each, index) =>
          "item" in each &&
          Buffer.compare((each.item as [number, Uint8Array])[1], large[index] as Uint8Array) === 0,
      ),
    ).toBe(true);
    expect(Math.max(...sizes)).toBe(MAX_FRAME_BYTES);
    expect(a.buffered).toBe(0);
  });

  it("takes a message of just the limit, refuses to send one byte more and closes when it gets that", async () => {
    const ends = openEnds();
    ends.a.send(new Uint8Array(MAX_MESSAGE_BYTES - 5));
    throwsCode(() => ends.a.send(new Uint8Array(MAX_MESSAGE_BYTES - 4)), "MASQ_MESSAGE_TOO_LARGE");
    const heard = await ends.heardByB.until(({ length }) => length > 0, "the message");
    expect(heard.map((each) => "item" in each)).toEqual([true]);

    const forger = openForger();
    const message = encodeItem(new Uint8Array(MAX_MESSAGE_BYTES - 4));
    for (let start = 0; start < message.length; start += FULL_PIECE.length) {
      const end = start + FULL_PIECE.length;
      const flag = end < message.length ? RECORD_MORE : RECORD_LAST;
      forger.sealBytes(flag, message.subarray(start, end));
    }
    expect(await closing(forger.heard)).toEqual([{ closed: CLOSE_FAILED }]);
  });

  it("refuses pieces of a record that promises more and is not full", async () => {
    for (const length of [0, 1, 100, FULL_PIECE.length - 1]) {
      const { sealBytes, heard } = openForger();
      sealBytes(RECORD_MORE, new Uint8Array(length));
      sealBytes(RECORD_LAST, encodeItem([1]));
      expect(await closing(heard)).toEqual([{ closed: CLOSE_FAILED }]);
    }
    const { sealBytes, heard } = openForger();
    for (let piece = 0; piece < 80; piece += 1) sealBytes(RECORD_MORE, FULL_PIECE);
    expect(await closing(heard), "or endless full ones").toEqual([{ closed: CLOSE_FAILED }]);
  });

  it("takes one item in a message of several records, and no more than it was limited to", async () => {
    const tiny = new Uint8Array(FULL_PIECE.length + 100).fill(0x80);
    const { sealBytes, heard } = openForger();
    sealBytes(RECORD_MORE, tiny.subarray(0, FULL_PIECE.length));
    sealBytes(RECORD_LAST, tiny.subarray(FULL_PIECE.length));
    expect(await closing(heard)).toEqual([{ closed: CLOSE_FAILED }]);

    const { a, b, heardByB } = openEnds();
    b.limitMessages(100);
    a.send("x".repeat(50));
    await heardByB.until(({ length }) => length === 1, "the short message");
    a.send("x".repeat(200));
    expect((await closing(heardByB)).at(-1)).toEqual({ closed: CLOSE_FAILED });
  });

  it("ends at an unknown record, an empty one, and malformed CBOR, without delivering any of it", async () => {
    const good = [...encodeItem([1, "good"])];
    const records = [
      [2, ...good],
      [255],
      [],
      [RECORD_LAST, ...good, 0x9f],
      [RECORD_LAST, ...good, 0x61],
      [RECORD_LAST, 0xf7],
      [RECORD_LAST, ...good, 0xc1, 0],
    ];
    for (const record of records) {
      const { seal, heard } = openForger();
      seal(...record);
      seal(RECORD_LAST, ...good);
      expect(await closing(heard)).toEqual([{ closed: CLOSE_FAILED }]);
    }
  });

  it("ends when its owner throws at a message, and delivers nothing after it", async () => {
    const [socketA, socketB] = socketPair();
    const a = new LocalSession(socketA, { send: cipher(1), receive: cipher(2) });
    const heardByA = listen(a);
    const b = new LocalSession(socketB, { send: cipher(2), receive: cipher(1) });
    const items: unknown[] = [];
    b.attach({
      message: (item) => {
        items.push(item);
        throw new Error("not one of ours");
      },
      close: (code) => items.push(code),
      drain: () => {},
    });
    a.send([1]);
    a.send([2]);
    expect(await closing(heardByA)).toEqual([{ closed: CLOSE_FAILED }]);
    expect(items).toEqual([[1], CLOSE_FAILED]);
  });

  it("ends with nothing delivered when any byte of a record is changed", async () => {
    const length = 1 + encodeItem([7, "a message"]).length + 16;
    for (let at = 0; at < length; at += 1) {
      for (const bit of [1, 0x80]) {
        const flip: Tamper = (frame) => {
          frame[at] = (frame[at] as number) ^ bit;
          return [frame];
        };
        const { a, heardByB } = openEnds(tamperedPair(flip, (frame) => [frame]));
        a.send([7, "a message"]);
        expect(await closing(heardByB)).toEqual([{ closed: CLOSE_FAILED }]);
      }
    }
  });

  it("ends when records are cut, lengthened, repeated, left out, swapped or turned back", async () => {
    const previous: Uint8Array[] = [];
    const tampers: Record<string, [Tamper, number]> = {
      cut: [(frame, index) => [index === 1 ? frame.subarray(0, -1) : frame], 1],
      emptied: [(frame, index) => [index === 1 ? new Uint8Array() : frame], 1],
      lengthened: [(frame, index) => [index === 1 ? Uint8Array.of(...frame, 0) : frame], 1],
      repeated: [(frame) => [frame, frame], 1],
      "left out": [(frame, index) => (index === 1 ? [] : [frame]), 1],
      swapped: [
        (frame, index) =>
          index === 1 ? (previous.push(frame), []) : [frame, ...previous.splice(0)],
        1,
      ],
      "one of a stranger": [
        (frame, index) =>
          index === 1 ? [cipher(9).encryptWithAd(new Uint8Array(), frame)] : [frame],
        1,
      ],
    };
    for (const [name, [tamper, delivered]] of Object.entries(tampers)) {
      previous.length = 0;
      const { a, heardByB } = openEnds(tamperedPair(tamper, (frame) => [frame]));
      for (const number of [1, 2, 3]) {
        a.send([number]);
        a.flush();
      }
      const heard = await closing(heardByB);
      expect(heard.length, name).toBe(delivered + 1);
      expect(heard.at(-1), name).toEqual({ closed: CLOSE_FAILED });
    }
    const [outside, socket] = socketPair();
    const mirror = new LocalSession(socket, { send: cipher(1), receive: cipher(2) });
    const heard = listen(mirror);
    outside.attach({ message: (frame) => outside.send(frame), close: () => {}, drain: () => {} });
    mirror.send([1]);
    expect(await closing(heard), "its own record back").toEqual([{ closed: CLOSE_FAILED }]);
  });

  it("sends what is queued before it closes, and is told of the close once", async () => {
    const { a, b, heardByA, heardByB } = openEnds();
    a.send([1]);
    a.close(1000);
    a.close(4400);
    a.send([2]);
    await Promise.all([closing(heardByA), closing(heardByB)]);
    b.close(1001);
    expect(heardByB.items).toEqual([{ item: [1] }, { closed: 1000 }]);
    expect(heardByA.items).toEqual([{ closed: 1000 }]);
    expect([a.isClosed, b.isClosed]).toEqual([true, true]);
  });

  it("counts what waits to leave, here and in its socket", async () => {
    const { a, b, heardByB } = openEnds();
    b.pause();
    a.send("x".repeat(1000));
    expect(a.buffered).toBeGreaterThanOrEqual(1000);
    a.flush();
    expect(a.buffered).toBeGreaterThanOrEqual(1000);
    b.resume();
    await heardByB.until(({ length }) => length === 1, "the message");
    expect(a.buffered).toBe(0);
  });
});
