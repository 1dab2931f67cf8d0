import { describe, expect, it } from "vitest";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import { endOf, ends, pass, secretsOf, text, turn } from "../testing/session-ends.ts";
import type { End } from "../testing/session-ends.ts";
import { equal, throwsCode } from "../testing/expect.ts";
import { openRecord } from "./ratchet.ts";
import type { RatchetState } from "./ratchet.ts";
import { STEP_AFTER_MS } from "./session.ts";

const FAILED = "MASQ_SESSION_FAILED";
const EMPTY = new Uint8Array(0);

/** A thief's copy of one end, with randomness of its own. */
const stolen = (end: End): End => endOf(structuredClone(end.state), 666);

/** A thief with a copied state who is not bound to our rules, and tries every position in a chain. */
class Thief {
  #state: RatchetState;

  constructor(victim: End) {
    this.#state = structuredClone(victim.state);
  }

  /** Whether a record can be opened; if so, the thief goes on from there. */
  reads(record: Uint8Array): boolean {
    for (let count = 0; count < 20; count++) {
      for (const position of [undefined, count]) {
        const attempt = structuredClone(this.#state);
        attempt.canStep = false;
        if (position !== undefined && attempt.receiving !== undefined) {
          attempt.receiving.count = position;
        }
        try {
          openRecord(crypto, attempt, record);
          this.#state = attempt;
          return true;
        } catch {
          // The next attempt.
        }
      }
    }
    return false;
  }
}

const isRefused = (end: End, record: Uint8Array, nowMs: number): boolean => {
  throwsCode(() => end.session.open(record, nowMs), FAILED);
  equal(end.session.isClosed, true);
  return true;
};

describe("a session under attack", () => {
  /** Two records after a few turns: the next of a chain, and the first of a new one. */
  const prepared = (kind: "same chain" | "next chain") => {
    const { a, b } = ends();
    const first = pass(a, b, 0);
    const now = turn(a, b, 0);
    if (kind === "same chain") pass(a, b, now + STEP_AFTER_MS);
    return { a, b, first, now: now + STEP_AFTER_MS };
  };

  for (const kind of ["same chain", "next chain"] as const) {
    it(`ends when any byte of a record is changed, ${kind}, and its state is wiped`, () => {
      const { a, b, now } = prepared(kind);
      const record = a.session.seal(text(3), now);
      const errors = new Set<string>();
      for (let index = 0; index < record.length; index++) {
        const changed = record.slice();
        changed[index] = (changed[index] as number) ^ (1 << (index % 8));
        const victim = stolen(b);
        try {
          victim.session.open(changed, now);
        } catch (error) {
          errors.add(String(error));
          expect((error as Error).cause).toBeUndefined();
        }
        equal(victim.session.isClosed, true);
        for (const key of secretsOf(victim)) equal(key, new Uint8Array(key.length), "wiped");
        throwsCode(() => victim.session.open(record, now), FAILED);
        throwsCode(() => victim.session.seal(EMPTY, now), FAILED);
      }
      equal(errors.size, 1, "one and the same error");
      expect([...errors][0]).not.toMatch(/[0-9a-f]{8}|\d{2,}/i);
      equal(b.session.open(record, now), text(3), "and the record itself was good");
    });

    it(`ends when a record is left out, repeated, swapped, cut or lengthened, ${kind}`, () => {
      const { a, b, first, now } = prepared(kind);
      const [one, two] = [a.session.seal(text(3), now), a.session.seal(text(4), now)];
      for (const bad of [
        two,
        first,
        EMPTY,
        one.subarray(0, 56),
        one.subarray(0, -1),
        one.subarray(0, -16),
        Uint8Array.of(...one, 0),
        Uint8Array.of(...one, ...text(16)),
        text(329, 0x10),
        text(65_537, 0x10),
      ]) {
        isRefused(stolen(b), bad, now);
      }
      const repeated = stolen(b);
      repeated.session.open(one, now);
      isRefused(repeated, one, now);
      isRefused(stolen(a), one, now);
      isRefused(endOf(structuredClone(ends(2).b.state), 3), one, now);
    });
  }

  it("ends when a new chain begins before the last one is complete", () => {
    const { a, b } = ends();
    pass(a, b, 0);
    pass(b, a, 0);
    a.session.seal(text(1), 0);
    isRefused(b, a.session.seal(text(1), STEP_AFTER_MS), STEP_AFTER_MS);
  });

  it("ends when the whole of an old session is played again", () => {
    const { a, b } = ends();
    const old = [pass(a, b, 0), pass(a, b, 0)];
    const fresh = ends(2);
    isRefused(fresh.b, old[0] as Uint8Array, 0);
  });

  it("refuses a ratchet key of low order from a peer it trusts", () => {
    for (const low of [0, 1]) {
      const { a, b } = ends();
      pass(a, b, 0);
      pass(b, a, 0);
      const point = new Uint8Array(32);
      point[0] = low;
      (a.state.ownKey as { publicKey: Uint8Array }).publicKey = point;
      isRefused(b, a.session.seal(text(1), 0), 0);
      const evil = ends();
      (evil.a.state.ownKey as { publicKey: Uint8Array }).publicKey = point;
      isRefused(evil.b, evil.a.session.seal(text(1), 0), 0);
    }
  });

  it("is not changed by a record that does not verify until it ends", () => {
    const { a, b } = ends();
    pass(a, b, 0);
    const record = a.session.seal(text(1), 0);
    record[record.length - 1] = (record.at(-1) as number) ^ 1;
    const seen = structuredClone(b.state);
    const watching = endOf(b.state, 1, {
      crypto: {
        ...crypto,
        open: (key, nonce, ad, ciphertext) => {
          try {
            return crypto.open(key, nonce, ad, ciphertext);
          } catch (error) {
            equal(structuredClone(b.state), { ...seen, receiveAd: b.state.receiveAd });
            throw error;
          }
        },
      },
    });
    isRefused(watching, record, 0);
  });

  it("says nothing of a defect of ours but that it failed, with the cause kept", () => {
    const { a } = ends();
    const broken = endOf(a.state, 1, {
      crypto: {
        ...crypto,
        seal: () => {
          throw new Error("platform");
        },
      },
    });
    throwsCode(() => broken.session.seal(text(1), 0), FAILED);
    equal(broken.session.isClosed, true);
  });
});

describe("stolen keys", () => {
  it("open nothing more after one turn each way", () => {
    for (const victim of ["a", "b"] as const) {
      const { a, b } = ends();
      pass(a, b, 0);
      const now = turn(a, b, 0);
      const thief = new Thief(victim === "a" ? a : b);
      const fromA = pass(a, b, now + STEP_AFTER_MS);
      const fromB = pass(b, a, now + STEP_AFTER_MS);
      if (victim === "a") {
        equal(thief.reads(fromB), false, "the other's answer to a key the thief lacks");
        continue;
      }
      // What is sent before the victim's own next step is the price of the theft.
      equal(thief.reads(fromA), true, "the other's next chain");
      const later = pass(a, b, now + 2 * STEP_AFTER_MS);
      equal(thief.reads(later), false, "the chain after it");
    }
  });

  it("open nothing more of a one-way stream once its reader has answered", () => {
    const { a, b } = ends();
    pass(a, b, 0);
    const thief = new Thief(b);
    const read: boolean[] = [];
    let answers = 0;
    for (let now = 100; now <= 6000; now += 100) {
      read.push(thief.reads(pass(a, b, now)));
      if (!b.session.mustAnswer(now)) continue;
      answers++;
      equal(a.session.open(b.session.seal(EMPTY, now), now), EMPTY);
    }
    equal(answers, 6, "one answer a second");
    equal(read.indexOf(false), 10, "readable until the answer");
    equal(read.lastIndexOf(true), 9, "and never again");
  });

  it("of now open no record of before", () => {
    const { a, b } = ends();
    const sent = [pass(a, b, 0), pass(a, b, 0), pass(a, b, 0)];
    const answered = [pass(b, a, 0), pass(b, a, 0)];
    // The header key of a chain lasts as long as the chain, so headers open; bodies must not.
    for (const record of sent) equal(new Thief(b).reads(record), false, "of the same chain");
    for (const record of answered) equal(new Thief(a).reads(record), false, "of the same chain");
    turn(a, b, 0);
    for (const record of [...sent, ...answered]) {
      equal([new Thief(a).reads(record), new Thief(b).reads(record)], [false, false], "later");
    }
  });

  it("are no longer in the state after a step, nor anywhere a session wiped", () => {
    const { a, b } = ends();
    pass(a, b, 0);
    pass(b, a, 0);
    const old = [...secretsOf(a), ...secretsOf(b)];
    const copies = old.map((key) => key.slice().join());
    let now = turn(a, b, 0);
    now = turn(a, b, now);
    const left = new Set([...secretsOf(a), ...secretsOf(b)].map((key) => key.join()));
    for (const copy of copies) equal(left.has(copy), false, "replaced");
    for (const key of old) equal(key, new Uint8Array(32), "wiped");
    a.session.close();
    a.session.close();
    for (const key of secretsOf(a)) equal(key, new Uint8Array(32), "wiped at the end");
    equal(a.session.canSeal, false);
  });
});
