/**
 * One rendezvous with the other device at one relay: a slot, what is said over it now, and how long it is left alone
 * after a failure. Giving the slot up and taking it again begins a new epoch at the relay, and so with the handshake.
 */
import type { Rendezvous } from "../channel/rendezvous.ts";
import type { Role } from "../noise/pattern.ts";
import type { ListenStatus } from "../relay/protocol.ts";
import type { RelayLink } from "../relay/relay-link.ts";
import type { RelaySlot, SlotDownReason } from "../relay/relay-slot.ts";
import { Conversation } from "./conversation.ts";
import type { PeerConnectorOptions, SessionOwner } from "./options.ts";
import type { SessionChannel } from "./session-channel.ts";

export interface MeetingOptions {
  readonly peer: PeerConnectorOptions;
  readonly role: Role;
  readonly link: RelayLink;
  readonly rendezvous: Rendezvous;
  /** Shared by all meetings at one relay. */
  readonly failures: Failures;
  readonly stands: (
    meeting: Meeting,
    channel: SessionChannel,
    remoteLogHeads?: Uint8Array,
  ) => SessionOwner;
  /** The other device came or went, or a conversation ended. */
  readonly changed: () => void;
}

/** Consecutive failures, and the wait that follows from them. */
export interface Failures {
  readonly count: number;
  /** One more; how many milliseconds to wait. */
  add(): number;
  reset(): void;
}

export class Meeting {
  readonly #options: MeetingOptions;
  #slot: RelaySlot | undefined;
  /** While the other device is there. */
  #conversation: Conversation | undefined;
  /** On the steady clock: nothing is begun before. */
  #restsUntil = 0;
  #cancelRest: () => void = () => {};
  #isClosed = false;

  constructor(options: MeetingOptions) {
    this.#options = options;
    this.#listen();
  }

  /** The other device is there. */
  get isUp(): boolean {
    return this.#conversation !== undefined;
  }

  /** A handshake may begin. */
  get isIdle(): boolean {
    return this.#conversation?.isIdle === true;
  }

  get hasSession(): boolean {
    return this.#conversation?.hasSession === true;
  }

  begin(): void {
    this.#conversation?.begin();
  }

  /** Ends what is said now; the next epoch may begin at once. */
  restart(): void {
    if (this.#conversation !== undefined) this.#leave(0);
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRest();
    this.#slot?.unlisten();
    this.#drop();
  }

  #listen(): void {
    const { link, rendezvous } = this.#options;
    if (this.#isClosed || link.status.state === "closed") return;
    const slot: RelaySlot = link.listen(rendezvous, {
      up: () => this.#up(slot),
      down: (reason) => this.#down(reason),
      data: (bytes) => this.#conversation?.data(bytes),
      writable: () => this.#conversation?.writable(),
      refused: (status) => this.#refused(status),
    });
    this.#slot = slot;
  }

  #up(slot: RelaySlot): void {
    const { peer, role, rendezvous, stands } = this.#options;
    const restMs = this.#restsUntil - peer.host.clock.monotonic();
    if (restMs > 0) return this.#leave(restMs);
    const conversation = new Conversation({
      peer,
      role,
      slot,
      rendezvousId: rendezvous.id,
      stands: (channel, remoteLogHeads) => stands(this, channel, remoteLogHeads),
      ended: (reason) => {
        this.#judge(conversation);
        this.#leave(reason === "failed" ? this.#options.failures.add() : 0);
      },
    });
    this.#conversation = conversation;
    this.#options.changed();
  }

  /** The slot stays: the relay tells when the other device is there again. */
  #down(reason: SlotDownReason): void {
    const conversation = this.#conversation;
    if (conversation === undefined) return;
    this.#judge(conversation);
    // A lost link waits by itself, and is not the other device's doing.
    const isFailure = reason !== "link-lost" && !conversation.isIdle && !conversation.wasUseful;
    if (isFailure) this.#restsUntil = this.#now + this.#options.failures.add();
    this.#drop();
    this.#options.changed();
  }

  #refused(status: ListenStatus): void {
    // A newer connection of this device has the place; it is not taken back before the next reconnect.
    if (status !== "replaced") return this.#leave(this.#options.failures.add());
    this.#drop();
    this.#options.changed();
  }

  #judge(conversation: Conversation): void {
    // Before a failure is counted: it is the first one again.
    if (conversation.wasUseful) this.#options.failures.reset();
  }

  get #now(): number {
    return this.#options.peer.host.clock.monotonic();
  }

  /** Gives the slot up, and takes it again after so many milliseconds. */
  #leave(delayMs: number): void {
    if (this.#isClosed) return;
    this.#slot?.unlisten();
    this.#cancelRest();
    if (delayMs > 0) {
      const { clock } = this.#options.peer.host;
      this.#cancelRest = clock.setTimer(delayMs, () => this.#listen());
    } else {
      this.#listen();
    }
    this.#drop();
    this.#options.changed();
  }

  #drop(): void {
    const conversation = this.#conversation;
    this.#conversation = undefined;
    conversation?.end();
  }
}
