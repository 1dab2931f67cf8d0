/** Two ends of a session without a handshake, for tests that look into a state or copy it. */
import { initiatorRatchet, newRatchetKey, responderRatchet } from "../channel/ratchet.ts";
import type { RatchetState } from "../channel/ratchet.ts";
import { Session, STEP_AFTER_MS } from "../channel/session.ts";
import type { SessionStart } from "../channel/session.ts";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import type { Primitives } from "../crypto/primitives.ts";
import { equal } from "./expect.ts";
import { seededRandom } from "./seeded-random.ts";

/** `length` bytes that are all alike. */
export const text = (length: number, fill: number = 1): Uint8Array =>
  new Uint8Array(length).fill(fill);

export interface End {
  readonly session: Session;
  /** The very object the session works on, so that a test can copy it. */
  readonly state: RatchetState;
}

export const endOf = (
  state: RatchetState,
  seed: number,
  changes: Partial<SessionStart> = {},
): End => {
  const random = seededRandom(seed);
  const session = new Session({
    crypto: noblePeerPrimitives,
    random: (length) => random.bytes(length),
    state,
    id: text(32),
    handshakeHash: text(32),
    nowMs: 0,
    ...changes,
  });
  return { session, state };
};

/** Two ends as a handshake leaves them; no record has passed yet. */
export const ends = (seed = 1, crypto: Primitives = noblePeerPrimitives): { a: End; b: End } => {
  const random = seededRandom(seed);
  const bytes = (length: number): Uint8Array => random.bytes(length);
  const keys = Array.from({ length: 4 }, () => bytes(32));
  const secrets = () => {
    const [rootKey, initiatorHeaderKey, responderHeaderKey, sessionId] = keys.map((key) =>
      key.slice(),
    ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    return { rootKey, initiatorHeaderKey, responderHeaderKey, sessionId, handshakeHash: sessionId };
  };
  const ephemeral = newRatchetKey(crypto, bytes);
  const a = initiatorRatchet(crypto, secrets(), newRatchetKey(crypto, bytes), ephemeral.publicKey);
  return {
    a: endOf(a, seed + 1000, { crypto }),
    b: endOf(responderRatchet(secrets(), ephemeral), seed + 2000, { crypto }),
  };
};

/** One record from one to the other, delivered; returned as it was on the wire. */
export const pass = (
  from: End,
  to: End,
  nowMs: number,
  data: Uint8Array = text(10),
): Uint8Array => {
  const record = from.session.seal(data, nowMs);
  equal(to.session.open(record, nowMs), data, "delivered");
  return record;
};

/** One turn each way with a step on both sides; returns the time after it. */
export const turn = (a: End, b: End, nowMs: number): number => {
  const later = nowMs + STEP_AFTER_MS;
  pass(a, b, later);
  pass(b, a, later);
  return later;
};

/** Every key in a state. */
export const secretsOf = ({ state }: End): Uint8Array[] =>
  [
    state.rootKey,
    state.ownKey.privateKey,
    state.nextSendHeaderKey,
    state.nextReceiveHeaderKey,
    state.sending?.chainKey,
    state.sending?.headerKey,
    state.receiving?.chainKey,
    state.receiving?.headerKey,
  ].filter((key) => key !== undefined);
