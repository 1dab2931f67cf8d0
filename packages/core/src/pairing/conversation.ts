/** Messages over a session, once the handshake is done (docs/pairing.md, "Messages"). */
import { MessageJoiner, splitMessage } from "../channel/message-stream.ts";
import type { Session } from "../channel/session.ts";
import type { Clock } from "../host.ts";
import {
  decodeMessage,
  encodeMessage,
  MAX_PAIRING_MESSAGE_BYTES,
  outOfPlace,
  type PairingMessage,
  type Refusal,
} from "./messages.ts";
import { failed, refused } from "./pairing-errors.ts";
import { within, type Wire } from "./wire.ts";

const NO_DATA = new Uint8Array(0);

/** What the other device's refusal means here. */
const refusedThere = (refusal: Refusal) => {
  switch (refusal) {
    case "declined":
      return refused("The pairing was declined on the other device.");
    case "unanswered":
      return refused("Nobody confirmed the pairing in time on the other device.");
    case "cancelled":
      return refused("The pairing was cancelled on the other device.");
    case "unable":
      return failed();
  }
};

export class Conversation {
  readonly #wire: Wire;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #joiner = new MessageJoiner(MAX_PAIRING_MESSAGE_BYTES);
  #next: PairingMessage | undefined;
  #reading: Promise<void> | undefined;
  #isRefused = false;

  constructor(wire: Wire, session: Session, clock: Clock) {
    this.#wire = wire;
    this.#session = session;
    this.#clock = clock;
  }

  send(message: PairingMessage): void {
    for (const piece of splitMessage(encodeMessage(message)))
      this.#wire.send(this.#session.seal(piece, this.#clock.monotonic()));
  }

  flushed(boundMs: number): Promise<void> {
    return this.#wire.flushed(boundMs);
  }

  /** Says that this device does not go on, unless one of the two has said so already. */
  refuse(refusal: Refusal): void {
    if (this.#isRefused || !this.#session.canSeal) return;
    this.#isRefused = true;
    this.send({ kind: "refuse", refusal });
  }

  /** Resolves when `take` has a message; rejects when there will be none. */
  async arrival(): Promise<void> {
    if (this.#next !== undefined) return;
    // One reader for all who wait, also when those that began to are gone.
    this.#reading ??= this.#read();
    await this.#reading;
  }

  /** The message that has arrived. Throws what the other device's refusal means here. */
  take(): PairingMessage | undefined {
    const message = this.#next;
    this.#next = undefined;
    if (message?.kind !== "refuse") return message;
    this.#isRefused = true;
    throw refusedThere(message.refusal);
  }

  /** The next message, which must be of this kind and come in time. */
  async expect<Kind extends PairingMessage["kind"]>(
    kind: Kind,
    boundMs: number,
  ): Promise<Extract<PairingMessage, { kind: Kind }>> {
    await within(this.#clock, boundMs, this.arrival());
    const message = this.take();
    if (message?.kind !== kind) throw outOfPlace();
    return message as Extract<PairingMessage, { kind: Kind }>;
  }

  /** Wipes the session's keys. */
  close(): void {
    this.#session.close();
  }

  async #read(): Promise<void> {
    try {
      while (this.#next === undefined) {
        await this.#wire.arrival();
        this.#next = this.#open(this.#wire.take() as Uint8Array);
      }
    } finally {
      this.#reading = undefined;
    }
  }

  #open(frame: Uint8Array): PairingMessage | undefined {
    const now = this.#clock.monotonic();
    const whole = this.#joiner.push(this.#session.open(frame, now));
    if (this.#session.mustAnswer(now)) this.#wire.send(this.#session.seal(NO_DATA, now));
    return whole === undefined ? undefined : decodeMessage(whole);
  }
}
