/**
 * One end of a channel: data in, records out, and back (docs/channel.md, "Session"). It lasts one connection and is
 * never stored. Synchronous, so that records keep their order by themselves; time comes in with each call, in
 * milliseconds of a clock that never goes back.
 *
 * Whatever goes wrong is one outcome: every key is wiped, the call throws MASQ_SESSION_FAILED, and so does every
 * later one. Only what the caller could have known (data too long, too early) is refused without an end.
 */
import type { Primitives } from "../crypto/primitives.ts";
import { sessionFailed } from "../crypto/session-failed.ts";
import { codeOf, MasqError } from "../errors.ts";
import type { Random } from "../host.ts";
import { newRatchetKey, openRecord, sealRecord, step, wipeRatchet } from "./ratchet.ts";
import type { RatchetState } from "./ratchet.ts";
import { padData, requireRecord, unpadData } from "./record.ts";

/** A side that can step to a new ratchet key does so at the latest after one of these, since its last. */
export const STEP_AFTER_MS = 1000;
export const STEP_AFTER_RECORDS = 256;
export const STEP_AFTER_BYTES: number = 1 << 20;

/** From here on the link should end the session and begin another: a full handshake brings fresh keys of every kind. */
export const RENEW_AFTER_MS: number = 30 * 60_000;
export const RENEW_AFTER_RECORDS: number = 1 << 19;
export const RENEW_AFTER_BYTES: number = 1 << 29;

/** Here the session ends by itself; records and bytes are those of one direction. */
export const MAX_SESSION_MS: number = 24 * 3_600_000;
export const MAX_SESSION_RECORDS: number = 1 << 20;
export const MAX_SESSION_BYTES: number = 1 << 30;

export interface SessionStart {
  readonly crypto: Primitives;
  readonly random: Random;
  /** Becomes the session's, which changes and wipes it. */
  readonly state: RatchetState;
  readonly id: Uint8Array;
  readonly handshakeHash: Uint8Array;
  readonly nowMs: number;
}

/** Since when, how many records and how many bytes. */
interface Count {
  sinceMs: number;
  records: number;
  bytes: number;
}

const countFrom = (sinceMs: number): Count => ({ sinceMs, records: 0, bytes: 0 });

const add = (count: Count, bytes: number): void => {
  count.records++;
  count.bytes += bytes;
};

export class Session {
  /** 32 bytes both ends share and nobody else knows. */
  readonly id: Uint8Array;
  /** The handshake's transcript (Noise revision 34, section 11.2). */
  readonly handshakeHash: Uint8Array;
  readonly #crypto: Primitives;
  readonly #random: Random;
  readonly #state: RatchetState;
  readonly #sent: Count;
  readonly #received: Count;
  /** Both directions together, since our last ratchet key. */
  #sinceStep: Count;
  /** Whether data came since our last ratchet key: without an answer their writer could never step. */
  #owesAnswer = false;
  #isClosed = false;

  constructor(start: SessionStart) {
    this.id = start.id;
    this.handshakeHash = start.handshakeHash;
    this.#crypto = start.crypto;
    this.#random = start.random;
    this.#state = start.state;
    this.#sent = countFrom(start.nowMs);
    this.#received = countFrom(start.nowMs);
    this.#sinceStep = countFrom(start.nowMs);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether `seal` works: the responder has to open the initiator's first record before it may write. */
  get canSeal(): boolean {
    return !this.#isClosed && (this.#state.sending !== undefined || this.#state.canStep);
  }

  /** The next record. Empty data make an answer that carries nothing but its ratchet key. */
  seal(data: Uint8Array, nowMs: number): Uint8Array {
    if (this.#isClosed) throw sessionFailed();
    if (!this.canSeal) {
      throw new MasqError(
        "MASQ_INTERNAL",
        "The responder of a channel wrote before it had opened the first record.",
      );
    }
    const plaintext = padData(data);
    try {
      this.#requireLimits(this.#sent, nowMs);
      if (this.#state.sending === undefined || this.#isStepDue(nowMs)) this.#step(nowMs);
      const record = sealRecord(this.#crypto, this.#state, plaintext);
      plaintext.fill(0);
      this.#count(this.#sent, record.length);
      return record;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** The data of the other end's next record; empty for an answer that carries none. */
  open(record: Uint8Array, nowMs: number): Uint8Array {
    if (this.#isClosed) throw sessionFailed();
    try {
      this.#requireLimits(this.#received, nowMs);
      requireRecord(record);
      const data = unpadData(openRecord(this.#crypto, this.#state, record));
      this.#count(this.#received, record.length);
      // An answer to an answer would go on for ever.
      if (data.length > 0) this.#owesAnswer = true;
      return data;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Whether an empty record has to be sealed and sent now, because only the other end has written of late. */
  mustAnswer(nowMs: number): boolean {
    const { answerDueAt } = this;
    return answerDueAt !== undefined && nowMs >= answerDueAt;
  }

  /** When `mustAnswer` will say so if nothing else happens; undefined while nothing is owed. */
  get answerDueAt(): number | undefined {
    if (this.#isClosed || !this.#owesAnswer || !this.#state.canStep) return undefined;
    return this.#stepDueAt();
  }

  /** Whether it is time for a new handshake. */
  isDueForRenewal(nowMs: number): boolean {
    return (
      nowMs - this.#sent.sinceMs >= RENEW_AFTER_MS ||
      Math.max(this.#sent.records, this.#received.records) >= RENEW_AFTER_RECORDS ||
      Math.max(this.#sent.bytes, this.#received.bytes) >= RENEW_AFTER_BYTES
    );
  }

  /** Wipes every key. Idempotent. */
  close(): void {
    this.#isClosed = true;
    wipeRatchet(this.#state);
  }

  #stepDueAt(): number {
    const { sinceMs, records, bytes } = this.#sinceStep;
    const isDue = records >= STEP_AFTER_RECORDS || bytes >= STEP_AFTER_BYTES;
    return isDue ? sinceMs : sinceMs + STEP_AFTER_MS;
  }

  /** Stepping at every turn of the conversation would cost two exchanges per message. */
  #isStepDue(nowMs: number): boolean {
    return this.#state.canStep && nowMs >= this.#stepDueAt();
  }

  #step(nowMs: number): void {
    step(this.#crypto, this.#state, newRatchetKey(this.#crypto, this.#random));
    this.#sinceStep = countFrom(nowMs);
    this.#owesAnswer = false;
  }

  #count(direction: Count, bytes: number): void {
    add(direction, bytes);
    add(this.#sinceStep, bytes);
  }

  #requireLimits({ sinceMs, records, bytes }: Count, nowMs: number): void {
    const isOver =
      nowMs - sinceMs >= MAX_SESSION_MS ||
      records >= MAX_SESSION_RECORDS ||
      bytes >= MAX_SESSION_BYTES;
    if (isOver) throw sessionFailed();
  }

  /** Ends the session and returns the error to throw: always the same one, whatever the cause. */
  #fail(cause: unknown): MasqError {
    this.close();
    const isRefusal = codeOf(cause) === "MASQ_SESSION_FAILED";
    // Only what is not a refusal, hence a defect, is worth keeping for the developer.
    return sessionFailed(isRefusal ? undefined : cause);
  }
}
