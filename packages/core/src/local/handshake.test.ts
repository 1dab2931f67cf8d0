import { describe, expect, it } from "vitest";
import { compareBytes, concatBytes } from "../bytes/bytes.ts";
import { noblePrimitives } from "../crypto/noble.ts";
import type { Primitives } from "../crypto/primitives.ts";
import type { Host, Socket } from "../host.ts";
import {
  APP,
  KEY_ID,
  localWorld,
  newKey,
  shakeHands,
  tamperedPair,
  type JoinedEnds,
  type Tamper,
} from "../testing/local-ends.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { socketPair } from "./socket-pair.ts";
import { testHost } from "../testing/test-host.ts";
import { collector } from "../testing/waiting.ts";
import {
  acceptConnection,
  joinStore,
  type Accepted,
  type Joined,
  type Joiner,
} from "./handshake.ts";
import {
  CLOSE_FAILED,
  CLOSE_LIMIT,
  HANDSHAKE_TIMEOUT_MS,
  HELLO_ADMIN,
  HELLO_GRANTED_APP,
  HELLO_UNKNOWN_APP,
} from "./protocol.ts";
import type { LocalSession } from "./session.ts";

const clock = manualClock();
const host = testHost({ seed: 20, clock });
const world = localWorld(host);
const { unknown, granted, admin } = world.joiners;
const passOn: Tamper = (frame) => [frame];

/**
 * A key exchange that is quick and commutes and protects nothing, so that every byte of every frame can be changed in turn:
 * as in the real one, another key gives another secret.
 */
const toyPrimitives: Primitives = {
  ...noblePrimitives,
  x25519PublicKey: (key) => key.slice(),
  x25519: (own, other) => {
    const isFirst = compareBytes(own, other) < 0;
    return noblePrimitives.sha256(isFirst ? concatBytes(own, other) : concatBytes(other, own));
  },
};
const toyHost: Host = {
  ...host,
  crypto: toyPrimitives,
  generateKey: async () => newKey(host, toyPrimitives),
};
const toyWorld = localWorld(toyHost, toyPrimitives);

const bothOf = ({ app, store }: JoinedEnds): [Joined, Accepted] => {
  if (app.status === "rejected") throw app.reason;
  if (store.status === "rejected") throw store.reason;
  return [app.value, store.value];
};

const codeOf = (end: PromiseSettledResult<unknown>): string =>
  end.status === "fulfilled" ? "joined" : String((end.reason as { code?: unknown }).code);

const listen = (session: LocalSession) => {
  const heard = collector<unknown>();
  session.attach({
    message: (item) => heard.push(item),
    close: (code) => heard.push(`closed ${code}`),
    drain: () => {},
  });
  return heard;
};

/** Runs a handshake in which the attacker changes something; nobody may be left waiting, so time runs out for them. */
const attacked = async (
  joiner: Joiner,
  toStore: Tamper,
  toApp: Tamper = passOn,
  [own, around] = [host, world],
): Promise<JoinedEnds> => {
  const ends = shakeHands(own, around, joiner, tamperedPair(toStore, toApp));
  let isDone = false;
  void ends.then(() => {
    isDone = true;
  });
  for (let turn = 0; turn < 400 && !isDone; turn += 1) await Promise.resolve();
  if (!isDone) clock.advance(HANDSHAKE_TIMEOUT_MS);
  return ends;
};

describe("a local handshake", () => {
  it("lets in an app it does not know, and both show the same code", async () => {
    const [app, store] = bothOf(await shakeHands(host, world, unknown));
    expect(store).toMatchObject({ kind: "unknown", identity: APP, appKey: world.appKey.publicKey });
    expect(app.code).toMatch(/^\d{6}$/);
    expect((store as { code?: string }).code).toBe(app.code);
    expect(app.storeKey).toEqual(world.storeKey(APP).publicKey);
    const [again] = bothOf(await shakeHands(host, world, unknown));
    expect(again.code).not.toBe(app.code);
  });

  it("lets in a granted app and the command line without a code", async () => {
    const [app, store] = bothOf(await shakeHands(host, world, granted));
    expect(store).toMatchObject({ kind: "granted", identity: APP, keyId: KEY_ID });
    expect(app).toMatchObject({ code: "", storeKey: world.storeKey(APP).publicKey });
    const [line, accepted] = bothOf(await shakeHands(host, world, admin));
    expect(accepted.kind).toBe("admin");
    expect(line.code).toBe("");
  });

  for (const [kind, joiner] of Object.entries(world.joiners)) {
    it(`loses no frame sent right behind it, ${kind}`, async () => {
      const [appSocket, storeSocket] = socketPair();
      const accepting = acceptConnection(host, storeSocket, world.door).then(({ session }) => {
        session.send("from the store");
        session.flush();
        return session;
      });
      const { session: app } = await joinStore(host, appSocket, joiner);
      app.send("from the app");
      app.flush();
      const store = await accepting;
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      const [heardByApp, heardByStore] = [listen(app), listen(store)];
      await heardByApp.until((items) => items.length > 0, "a message");
      await heardByStore.until((items) => items.length > 0, "a message");
      expect([heardByApp.items, heardByStore.items]).toEqual([
        ["from the store"],
        ["from the app"],
      ]);
    });
  }

  it("gives each app a store key of its own", () => {
    const keys = [APP, "app:org.example.notes", "masq:admin"].map((identity) =>
      Buffer.from(world.storeKey(identity).publicKey).toString("hex"),
    );
    expect(new Set(keys).size).toBe(3);
  });

  it("refuses a store that does not hold the pinned key", async () => {
    for (const joiner of [granted, admin] as const) {
      const other = { ...joiner, storeKey: newKey(host).publicKey } as Joiner;
      const { app, store } = await shakeHands(host, world, other);
      expect([codeOf(app), codeOf(store)]).toEqual(["MASQ_STORE_MISMATCH", "MASQ_SESSION_FAILED"]);
    }
    const impostor = {
      ...world,
      storeKey: () => newKey(host),
      door: { ...world.door, storeKey: () => newKey(host) },
    };
    const { app } = await shakeHands(host, impostor, granted);
    expect(codeOf(app)).toBe("MASQ_STORE_MISMATCH");
  });

  it("refuses an app with another key, key id or identity than it was granted", async () => {
    const strangers: Joiner[] = [
      { ...granted, key: newKey(host) } as Joiner,
      { ...granted, keyId: new Uint8Array(16) } as Joiner,
      { ...granted, identity: "https://evil.example.org" } as Joiner,
      { ...unknown, identity: "https://evil.example.org" } as Joiner,
      { ...unknown, appId: "org.example.other" } as Joiner,
      { ...admin, key: newKey(host) } as Joiner,
    ];
    for (const joiner of strangers) {
      const { app, store } = await attacked(joiner, passOn);
      expect(codeOf(store)).not.toBe("joined");
      expect(codeOf(app)).not.toBe("joined");
    }
    const noAdmin = { ...world, door: { ...world.door, adminKey: () => undefined } };
    expect(codeOf((await shakeHands(host, noAdmin, admin)).store)).toBe("MASQ_SESSION_FAILED");
  });

  it("refuses a first frame that is none, and says nothing but that", async () => {
    const frames = [
      [],
      [0],
      [HELLO_UNKNOWN_APP],
      [HELLO_UNKNOWN_APP, 5, 1],
      [HELLO_UNKNOWN_APP, 2, 0xff, 0xfe],
      [HELLO_UNKNOWN_APP, 0],
      [HELLO_GRANTED_APP],
      [HELLO_GRANTED_APP, ...KEY_ID],
      [HELLO_ADMIN],
      [4, 1, 2],
    ];
    frames.push([HELLO_UNKNOWN_APP, 0, ...Array.from({ length: 65_533 }, () => 7)]);
    for (const frame of frames) {
      const [outside, socket] = socketPair();
      const closed = collector<number | Uint8Array>();
      outside.attach({
        message: (answer) => closed.push(answer),
        close: (code) => closed.push(code),
        drain: () => {},
      });
      const accepting = acceptConnection(host, socket, world.door).then(
        () => "joined",
        () => "refused",
      );
      outside.send(Uint8Array.from(frame));
      // An XX first message without a commitment is answered; it fails when the nonce is to be revealed.
      for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
      outside.send(new Uint8Array(100));
      expect(await accepting).toBe("refused");
      const items = await closed.until((each) => each.includes(CLOSE_FAILED), "the close");
      expect(items.at(-1)).toBe(CLOSE_FAILED);
    }
  });

  for (const kind of ["unknown", "granted", "admin"] as const) {
    const joiner = world.joiners[kind];
    const frames = kind === "unknown" ? 2 : 1;

    for (const [what, around, step] of [
      ["any byte", [toyHost, toyWorld], 1],
      ["a byte, with the real key exchange,", [host, world], 13],
    ] as const) {
      it(`fails when ${what} of a frame is changed, ${kind}`, async () => {
        const lengths: number[][] = [[], []];
        const measure =
          (direction: number): Tamper =>
          (frame) => {
            lengths[direction]?.push(frame.length);
            return [frame];
          };
        const [own, { joiners }] = around;
        bothOf(
          await shakeHands(own, around[1], joiners[kind], tamperedPair(measure(0), measure(1))),
        );
        // Behind the handshake comes the first record of an end that is known.
        lengths[0]?.splice(frames);
        expect(lengths.map((each) => each.length)).toEqual([frames, 1]);
        for (const [direction, each] of lengths.entries()) {
          for (const [index, length] of each.entries()) {
            for (let at = 0; at < length; at += step) {
              const flip: Tamper = (frame, count) => {
                if (count === index) frame[at] = (frame[at] as number) ^ (1 << (at % 8));
                return [frame];
              };
              const [toStore, toApp] = direction === 0 ? [flip, passOn] : [passOn, flip];
              const { app, store } = await attacked(joiners[kind], toStore, toApp, [...around]);
              // Who wrote the last frame cannot know yet; whoever got the changed one never joins.
              expect(
                codeOf(direction === 0 ? store : app),
                `direction ${direction}, frame ${index}, byte ${at}`,
              ).not.toBe("joined");
            }
          }
        }
      });
    }

    it(`fails when a frame is cut, repeated, lengthened or left out, ${kind}`, async () => {
      const tampers: Record<string, (at: number) => Tamper> = {
        cut: (at) => (frame, index) => [index === at ? frame.subarray(0, -1) : frame],
        emptied: (at) => (frame, index) => [index === at ? new Uint8Array() : frame],
        lengthened: (at) => (frame, index) => [index === at ? Uint8Array.of(...frame, 0) : frame],
        "left out": (at) => (frame, index) => (index === at ? [] : [frame]),
      };
      for (const [name, tamper] of Object.entries(tampers)) {
        for (let at = 0; at < frames; at += 1) {
          const { store } = await attacked(joiner, tamper(at));
          expect(codeOf(store), `${name} ${at} to the store`).not.toBe("joined");
        }
        const { app } = await attacked(joiner, passOn, tamper(0));
        expect(codeOf(app), `${name} to the app`).not.toBe("joined");
      }
    });
  }

  it("that is repeated ends the session before anything is delivered", async () => {
    const { app, store } = await attacked(granted, (frame) => [frame, frame]);
    expect([codeOf(app), codeOf(store)]).toEqual(["joined", "joined"]);
    const heard = listen((store as PromiseFulfilledResult<Accepted>).value.session);
    await heard.until((items) => items.length > 0, "the close");
    expect(heard.items).toEqual([`closed ${CLOSE_FAILED}`]);
  });

  it("gives up on an end that does not speak, when the time is over", async () => {
    const silent: [Socket, Socket] = socketPair();
    for (const [start, code] of [
      [() => joinStore(host, silent[0], granted), "MASQ_STORE_UNREACHABLE"],
      [() => joinStore(host, socketPair()[0], unknown), "MASQ_STORE_UNREACHABLE"],
      [() => acceptConnection(host, socketPair()[0], world.door), "MASQ_STORE_UNREACHABLE"],
    ] as const) {
      let outcome = "";
      const ended = start()
        .then(
          () => "joined",
          (error: { code: string }) => error.code,
        )
        .then((end) => {
          outcome = end;
        });
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      clock.advance(HANDSHAKE_TIMEOUT_MS - 1);
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      expect(outcome).toBe("");
      clock.advance(1);
      await ended;
      expect(outcome).toBe(code);
    }
    expect(clock.pending, "no timer is left").toBe(0);
  });

  it("is closed when more than 16 frames come before it is done", async () => {
    const [outside, socket] = socketPair();
    const closed = collector<number>();
    outside.attach({ message: () => {}, close: (code) => closed.push(code), drain: () => {} });
    const never = { ...world.storeKey(APP), dh: () => new Promise<Uint8Array>(() => {}) };
    void acceptConnection(host, socket, { ...world.door, storeKey: () => never }).catch(() => {});
    for (let index = 0; index < 30; index += 1)
      outside.send(Uint8Array.of(HELLO_UNKNOWN_APP, 0, ...new Uint8Array(64).fill(9)));
    expect(await closed.until(({ length }) => length > 0, "the close")).toEqual([CLOSE_LIMIT]);
  });

  it("shows other digits on each end when someone in between makes two handshakes of it", async () => {
    let same = 0;
    for (let round = 0; round < 10; round += 1) {
      const [app, outside] = socketPair();
      const [inside, store] = socketPair();
      const middleKey = newKey(host);
      const middle = localWorld(host);
      const results = await Promise.all([
        joinStore(host, app, unknown),
        acceptConnection(host, outside, { ...middle.door, storeKey: () => middleKey }),
        joinStore(host, inside, { ...unknown, key: middleKey } as Joiner),
        acceptConnection(host, store, world.door),
      ]);
      if (results[0].code === (results[3] as { code?: string }).code) same += 1;
    }
    expect(same).toBe(0);
  });

  it("refuses an app that reveals another key than the one it committed to: the digits could be chosen by it", async () => {
    const [committed, revealed] = [newKey(host), newKey(host)];
    const keys = [committed.publicKey, revealed.publicKey];
    const key = {
      get publicKey() {
        return (keys.length > 1 ? keys.shift() : keys[0]) as Uint8Array;
      },
      dh: (peer: Uint8Array) => revealed.dh(peer),
    };
    const ends = await shakeHands(host, world, { ...unknown, key } as Joiner);
    expect(codeOf(ends.store)).toBe("MASQ_SESSION_FAILED");
  });

  it("begun by a recorded first frame lets nobody in: only a record proves who it was", async () => {
    const recorded: Uint8Array[] = [];
    const record: Tamper = (frame) => {
      recorded.push(frame.slice());
      return [frame];
    };
    bothOf(await shakeHands(host, world, granted, tamperedPair(record, passOn)));
    const [outside, socket] = socketPair();
    outside.attach({ message: () => {}, close: () => {}, drain: () => {} });
    const accepting = acceptConnection(host, socket, world.door);
    outside.send(recorded[0] as Uint8Array);
    let isAccepted = false;
    void accepting.then(
      () => (isAccepted = true),
      () => {},
    );
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    expect(isAccepted).toBe(false);
    outside.send(recorded[1] as Uint8Array);
    const heard = listen((await accepting).session);
    expect(await heard.until(({ length }) => length > 0, "the close")).toEqual([
      `closed ${CLOSE_FAILED}`,
    ]);
  });
});
