/**
 * A session as messages (docs/channel.md, "Messages" and "Connecting"): records go out one at a time as the slot takes
 * them, and come in as the owner takes what they hold. At most one message waits to leave, and one is being put together;
 * beyond that both directions rest on the relay's credit.
 */
import { MessageJoiner, splitMessage } from "../channel/message-stream.ts";
import { paddedLength, RECORD_OVERHEAD_BYTES } from "../channel/record.ts";
import { RENEW_AFTER_MS, type Session } from "../channel/session.ts";
import type { Clock } from "../host.ts";
import type { Role } from "../noise/pattern.ts";
import type { RelaySlot } from "../relay/relay-slot.ts";
import { MAX_SYNC_MESSAGE_BYTES } from "../sync/limits.ts";
import type { MessageChannel } from "../sync/peer-sync.ts";
import type { SessionOwner } from "./options.ts";
import { Silence } from "./silence.ts";

/** How long after its time a renewal waits for the end of a message that is under way. */
const RENEWAL_PATIENCE_MS = 10_000;

const EMPTY = new Uint8Array(0);
const SMALLEST_RECORD_BYTES: number = paddedLength(0) + RECORD_OVERHEAD_BYTES;

/** `failed`: something was wrong, on whichever side. `renewal`: it was time for another session. */
export type EndReason = "failed" | "renewal";

export interface SessionChannelOptions {
  readonly session: Session;
  readonly role: Role;
  readonly clock: Clock;
  readonly slot: Pick<RelaySlot, "send" | "consume" | "progress" | "buffered">;
  /** Told once if the session ends otherwise than by `end`, after its owner was. */
  readonly ended: (reason: EndReason) => void;
}

export class SessionChannel implements MessageChannel {
  readonly #options: SessionChannelOptions;
  readonly #joiner = new MessageJoiner(MAX_SYNC_MESSAGE_BYTES);
  #owner: SessionOwner | undefined;
  #isEnded = false;
  /** Of the message that is being sent, what has not been sealed. */
  #pieces: Uint8Array[] = [];
  /** Some of it has been sealed. */
  #isMidMessage = false;
  /** Sealed, and not yet taken by the slot. */
  #record: Uint8Array | undefined;
  #hasSealed = false;
  #owesWritable = false;
  #isJoining = false;
  /** Records that wait, unopened, for an owner that needs time; as many as the relay's credit lets through. */
  readonly #waiting: Uint8Array[] = [];
  #isOwnerBusy = false;
  #opened = 0;
  readonly #silence: Silence;
  #answerAt: number | undefined;
  #cancelAnswer: () => void = () => {};
  #cancelRenewal: () => void;

  constructor(options: SessionChannelOptions) {
    this.#options = options;
    this.#silence = new Silence({
      clock: options.clock,
      isAnswerDue: () => this.#owner?.awaitsAnswer === true,
      isBehind: () => this.#isOwnerBusy || options.slot.buffered > 0,
      progress: () => options.slot.progress + this.#opened,
      silent: () => this.#finish("failed"),
    });
    this.#cancelRenewal = options.clock.setTimer(RENEW_AFTER_MS, () => this.#renewalIsDue());
  }

  /**
   * Sends a message, which must not be changed any more. False: it waits, so take no more until `writable`; or the session is over.
   * A message that is too long, or comes while one waits, is a defect of the owner and ends the session.
   */
  send(message: Uint8Array): boolean {
    if (this.#isEnded) return false;
    if (this.#isFull || message.length > MAX_SYNC_MESSAGE_BYTES) {
      this.#finish("failed");
      return false;
    }
    this.#pieces = splitMessage(message);
    this.#pump();
    this.#owesWritable = this.#isFull;
    return !this.#isEnded && !this.#owesWritable;
  }

  close(): void {
    this.#finish("failed");
  }

  /**
   * Begins, once. The initiator sends a first record even if its owner has said nothing, so that the responder may
   * write; the responder brings the data of the record that proved who the initiator is.
   */
  begin(owner: SessionOwner, firstData?: Uint8Array): void {
    this.#owner = owner;
    if (this.#isEnded) return this.#tellClosed();
    this.#guard(() => {
      if (firstData !== undefined) this.#take(firstData, 0);
      else if (!this.#hasSealed) this.#record = this.#seal(EMPTY);
    });
    this.#pump();
  }

  /** The slot's next frame. */
  data(frame: Uint8Array): void {
    if (this.#isEnded) return;
    // Checked before it is kept: what waits is bounded by credit only if none of it is tiny.
    if (frame.length < SMALLEST_RECORD_BYTES) return this.#finish("failed");
    this.#waiting.push(frame);
    this.#open();
  }

  /** The slot takes frames again. */
  writable(): void {
    this.#pump();
  }

  /** Wipes the keys and tells the owner. Idempotent. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cancelAnswer();
    this.#cancelRenewal();
    this.#silence.stop();
    this.#options.session.close();
    this.#pieces = [];
    this.#record = undefined;
    this.#waiting.length = 0;
    this.#tellClosed();
  }

  get #isFull(): boolean {
    return this.#record !== undefined || this.#pieces.length > 0;
  }

  get #now(): number {
    return this.#options.clock.monotonic();
  }

  #tellClosed(): void {
    try {
      this.#owner?.closed();
    } catch {
      // It has nothing to refuse any more.
    }
  }

  #finish(reason: EndReason): void {
    if (this.#isEnded) return;
    this.end();
    this.#options.ended(reason);
  }

  /** Whatever goes wrong, in the session or in its owner, has one outcome. */
  #guard(task: () => void): void {
    if (this.#isEnded) return;
    try {
      task();
    } catch {
      this.#finish("failed");
    }
  }

  #open(): void {
    while (!this.#isEnded && !this.#isOwnerBusy) {
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#guard(() => {
        const data = this.#options.session.open(frame, this.#now);
        this.#opened += 1;
        this.#take(data, frame.length);
      });
    }
    this.#pump();
  }

  /** Takes the data of a record whose `bytes` are given back to the other device's credit when the owner is done with them. */
  #take(data: Uint8Array, bytes: number): void {
    const { slot } = this.#options;
    const message = this.#joiner.push(data);
    if (data.length > 0) this.#isJoining = message === undefined;
    const busy = message === undefined ? undefined : this.#owner?.message(message);
    if (!(busy instanceof Promise)) return slot.consume(bytes);
    this.#isOwnerBusy = true;
    busy.then(
      () => {
        this.#isOwnerBusy = false;
        if (this.#isEnded) return;
        slot.consume(bytes);
        this.#open();
      },
      () => this.#finish("failed"),
    );
  }

  /** Seals and sends as long as there is something and the slot takes it. */
  #pump(): void {
    this.#guard(() => {
      for (;;) {
        this.#record ??= this.#sealNext();
        if (this.#record === undefined || !this.#options.slot.send(this.#record)) break;
        this.#record = undefined;
      }
      this.#planAnswer();
      this.#renewIfDue();
    });
    this.#guard(() => {
      if (!this.#owesWritable || this.#isFull) return;
      this.#owesWritable = false;
      this.#owner?.writable();
    });
  }

  #sealNext(): Uint8Array | undefined {
    const [piece] = this.#pieces;
    // A message that the session's end would cut is not begun.
    if (piece !== undefined && (this.#isMidMessage || !this.#isRenewalDue)) {
      this.#pieces.shift();
      this.#isMidMessage = this.#pieces.length > 0;
      return this.#seal(piece);
    }
    return this.#options.session.mustAnswer(this.#now) ? this.#seal(EMPTY) : undefined;
  }

  #seal(data: Uint8Array): Uint8Array {
    this.#hasSealed = true;
    return this.#options.session.seal(data, this.#now);
  }

  #planAnswer(): void {
    // Whatever waits to be sealed carries the new key as well as an answer would.
    const at = this.#isFull ? undefined : this.#options.session.answerDueAt;
    if (at === this.#answerAt) return;
    this.#cancelAnswer();
    this.#answerAt = at;
    if (at === undefined) return;
    // The clock has moved since the pump looked at it.
    const delayMs = Math.max(0, at - this.#now);
    this.#cancelAnswer = this.#options.clock.setTimer(delayMs, () => {
      this.#answerAt = undefined;
      this.#pump();
    });
  }

  /** The initiator alone renews: it is the one that begins the next session. */
  get #isRenewalDue(): boolean {
    const { role, session } = this.#options;
    return role === "initiator" && session.isDueForRenewal(this.#now);
  }

  #renewIfDue(): void {
    const isSending = this.#isMidMessage || this.#record !== undefined;
    const isReceiving = this.#isJoining || this.#waiting.length > 0;
    if (!isSending && !isReceiving && this.#isRenewalDue) this.#finish("renewal");
  }

  #renewalIsDue(): void {
    if (this.#options.role === "responder") return;
    this.#cancelRenewal = this.#options.clock.setTimer(RENEWAL_PATIENCE_MS, () =>
      this.#finish("renewal"),
    );
    this.#pump();
  }
}
