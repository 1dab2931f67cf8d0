/**
 * All that is said in one epoch of a slot (docs/channel.md, "Connecting"): the handshake, then the session's records. Whatever goes
 * wrong has one outcome for the other end: the slot is given up.
 */
import { ChannelInitiator, ChannelResponder, type ChannelOptions } from "../channel/handshake.ts";
import type { Session } from "../channel/session.ts";
import { sessionFailed } from "../crypto/session-failed.ts";
import type { Role } from "../noise/pattern.ts";
import type { RelaySlot } from "../relay/relay-slot.ts";
import { SYNC_VERSIONS } from "../sync/limits.ts";
import type { PeerConnectorOptions, SessionOwner } from "./options.ts";
import { SessionChannel, type EndReason } from "./session-channel.ts";

/** From message 1 to the first record that opens. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Frames that may wait while a key exchange is computed; nobody who keeps to the order sends even one. */
const MAX_EARLY_FRAMES = 4;
/** A session that has stood this long was worth its handshake. */
const USEFUL_AFTER_MS = 10_000;

export interface ConversationOptions {
  readonly peer: PeerConnectorOptions;
  readonly role: Role;
  readonly rendezvousId: Uint8Array;
  readonly slot: Pick<RelaySlot, "send" | "consume" | "progress" | "buffered">;
  /** The other end has proved who it is. `remoteLogHeads` came with message 2, to the initiator. */
  readonly stands: (channel: SessionChannel, remoteLogHeads?: Uint8Array) => SessionOwner;
  /** Told once if it ends otherwise than by `end`. */
  readonly ended: (reason: EndReason) => void;
}

export class Conversation {
  readonly #options: ConversationOptions;
  #phase: "idle" | "handshake" | "session" | "ended" = "idle";
  readonly #frames: Uint8Array[] = [];
  #wake: () => void = () => {};
  #unsent: Uint8Array | undefined;
  #channel: SessionChannel | undefined;
  #standsSince: number | undefined;
  /** Drops what the handshake has drawn and derived so far. */
  #wipe: () => void = () => {};
  #cancelTimeout: () => void = () => {};

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** Nothing has been said yet. */
  get isIdle(): boolean {
    return this.#phase === "idle";
  }

  get hasSession(): boolean {
    return this.#phase === "session";
  }

  /** Whether its session stood long enough to count as a success, whatever ended it. */
  get wasUseful(): boolean {
    const since = this.#standsSince;
    return since !== undefined && this.#now - since >= USEFUL_AFTER_MS;
  }

  /** Sends message 1; the initiator's to call, once. */
  begin(): void {
    this.#run(() => this.#initiate());
  }

  /** The slot's next frame. */
  data(frame: Uint8Array): void {
    if (this.#phase === "ended") return;
    if (this.#channel !== undefined) return this.#channel.data(frame);
    const isUnasked = this.#phase === "idle" && this.#options.role === "initiator";
    if (isUnasked || this.#frames.length >= MAX_EARLY_FRAMES) return this.#finish("failed");
    this.#frames.push(frame);
    if (this.#phase === "idle") this.#run(() => this.#respond());
    else this.#wake();
  }

  /** The slot takes frames again. */
  writable(): void {
    const frame = this.#unsent;
    this.#unsent = undefined;
    if (frame !== undefined) this.#send(frame);
    else this.#channel?.writable();
  }

  /** Wipes everything and tells the session's owner. Idempotent. */
  end(): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#cancelTimeout();
    this.#wipe();
    this.#frames.length = 0;
    this.#unsent = undefined;
    this.#channel?.end();
  }

  get #now(): number {
    return this.#options.peer.host.clock.monotonic();
  }

  #finish(reason: EndReason): void {
    if (this.#phase === "ended") return;
    this.end();
    this.#options.ended(reason);
  }

  #run(handshake: () => Promise<void>): void {
    this.#phase = "handshake";
    const { clock } = this.#options.peer.host;
    this.#cancelTimeout = clock.setTimer(HANDSHAKE_TIMEOUT_MS, () => this.#finish("failed"));
    handshake().catch(() => this.#finish("failed"));
  }

  async #initiate(): Promise<void> {
    const initiator = new ChannelInitiator(this.#channelOptions());
    this.#wipe = () => initiator.close();
    this.#send(await initiator.start());
    const { session, remoteLogHeads } = await initiator.finish(await this.#next(), this.#now);
    this.#keep(session);
    this.#stand(session, undefined, remoteLogHeads);
  }

  async #respond(): Promise<void> {
    const { logHeads } = this.#options.peer;
    const responder = new ChannelResponder({ ...this.#channelOptions(), logHeads: logHeads() });
    this.#wipe = () => responder.close();
    const { message, channel } = await responder.answer(await this.#next(), this.#now);
    this.#keep(channel.session);
    this.#send(message);
    // Only who opens message 2 can write this: message 1 alone may be a repeated one.
    this.#stand(channel.session, channel.session.open(await this.#next(), this.#now));
  }

  #keep(session: Session): void {
    this.#wipe = () => session.close();
    if (this.#phase !== "ended") return;
    session.close();
    throw sessionFailed();
  }

  #stand(session: Session, firstData?: Uint8Array, remoteLogHeads?: Uint8Array): void {
    const { peer, role, slot, stands } = this.#options;
    this.#cancelTimeout();
    this.#phase = "session";
    this.#standsSince = this.#now;
    const channel = new SessionChannel({
      session,
      role,
      slot,
      clock: peer.host.clock,
      ended: (reason) => this.#finish(reason),
    });
    this.#channel = channel;
    channel.begin(stands(channel, remoteLogHeads), firstData);
    for (const frame of this.#frames.splice(0)) channel.data(frame);
  }

  /** The next frame of the handshake, when it comes; never if the conversation ends before. */
  async #next(): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) {
        this.#options.slot.consume(frame.length);
        return frame;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #send(frame: Uint8Array): void {
    if (this.#phase !== "ended" && !this.#options.slot.send(frame)) this.#unsent = frame;
  }

  #channelOptions(): ChannelOptions {
    const { host, crypto, own, remote } = this.#options.peer;
    const [minVersion, maxVersion] = SYNC_VERSIONS;
    return {
      crypto,
      random: host.random,
      rendezvousId: this.#options.rendezvousId,
      ownId: own.id,
      ownKey: own.key,
      remoteId: remote.id,
      remoteKey: remote.key,
      capabilities: { minVersion, maxVersion, features: 0 },
    };
  }
}
