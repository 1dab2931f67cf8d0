/**
 * The handshake of two devices that know each other, suite 1 (docs/channel.md, "Handshake"): Noise KK with an ephemeral
 * ML-KEM-768, two messages, then records. No message carries application data. The third message is the initiator's
 * first record; until it is opened the responder writes nothing, since message 1 alone can be replayed, and be forged
 * by who holds the responder's key (Noise revision 34, section 7.7).
 */
import { compareBytes, concatBytes, copyBytes } from "../bytes/bytes.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_KEY_BYTES } from "../crypto/peer-primitives.ts";
import { AEAD_TAG_BYTES, DH_BYTES, HASH_BYTES } from "../crypto/primitives.ts";
import type { DhKey } from "../crypto/primitives.ts";
import { requireLength, sessionFailed } from "../crypto/session-failed.ts";
import { MasqError } from "../errors.ts";
import type { Random } from "../host.ts";
import type { HandshakeState } from "../noise/handshake.ts";
import { connectHandshake } from "../noise/hybrid.ts";
import type { Role } from "../noise/pattern.ts";
import { connectPrologue } from "./prologue.ts";
import { SessionStarter } from "./session-start.ts";
import type { Session } from "./session.ts";

/** Versions and feature bits; what they mean is the business of the protocol spoken inside. */
export interface Capabilities {
  /** u16 each. */
  readonly minVersion: number;
  readonly maxVersion: number;
  /** u32. */
  readonly features: number;
}

export interface ChannelOptions {
  readonly crypto: PeerPrimitives;
  readonly random: Random;
  readonly rendezvousId: Uint8Array;
  readonly ownId: Uint8Array;
  readonly ownKey: DhKey;
  readonly remoteId: Uint8Array;
  readonly remoteKey: Uint8Array;
  readonly capabilities: Capabilities;
}

export interface Channel {
  readonly session: Session;
  /** The highest version both speak. */
  readonly version: number;
  /** The feature bits both set. */
  readonly features: number;
}

/** The smaller device id begins, so that nothing is negotiated and a reflected message is nobody's. */
export const channelRole = (ownId: Uint8Array, remoteId: Uint8Array): Role => {
  const order = compareBytes(ownId, remoteId);
  if (order === 0) {
    throw new MasqError("MASQ_INTERNAL", "A device was asked to open a channel to itself.");
  }
  return order < 0 ? "initiator" : "responder";
};

/** u16 lowest version | u16 highest | u32 features | 8 bytes for later, zero and not read. */
const OFFER_BYTES = 16;
/** u16 version | u16 zero | u32 features | 8 bytes for later | SHA-256 of the device log's heads. */
const ANSWER_BYTES: number = OFFER_BYTES + HASH_BYTES;

export const MESSAGE_1_BYTES: number =
  DH_BYTES + KEM_PUBLIC_KEY_BYTES + AEAD_TAG_BYTES + OFFER_BYTES + AEAD_TAG_BYTES;
export const MESSAGE_2_BYTES: number =
  DH_BYTES + KEM_CIPHERTEXT_BYTES + AEAD_TAG_BYTES + ANSWER_BYTES + AEAD_TAG_BYTES;

const offer = (first: number, second: number, features: number): Uint8Array => {
  const bytes = new Uint8Array(OFFER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, first);
  view.setUint16(2, second);
  view.setUint32(4, features);
  return bytes;
};

const viewOf = (bytes: Uint8Array, length: number): DataView => {
  if (bytes.length !== length) throw sessionFailed();
  return new DataView(bytes.buffer, bytes.byteOffset);
};

const shared = (a: number, b: number): number => (a & b) >>> 0;

const begin = (options: ChannelOptions, starter: SessionStarter, role: Role): HandshakeState => {
  const { crypto, random, ownId, remoteId } = options;
  if (channelRole(ownId, remoteId) !== role) {
    throw new MasqError("MASQ_INTERNAL", "A device was given the wrong role in a channel.");
  }
  const [initiatorId, responderId] = role === "initiator" ? [ownId, remoteId] : [remoteId, ownId];
  return connectHandshake({
    crypto,
    random,
    generateKey: starter.generateKey,
    role,
    prologue: connectPrologue(options.rendezvousId, initiatorId, responderId),
    staticKey: options.ownKey,
    remoteStaticKey: options.remoteKey,
  });
};

/** The smaller device id's side: `start`, then `finish`, each once. */
export class ChannelInitiator {
  readonly #capabilities: Capabilities;
  readonly #starter: SessionStarter;
  readonly #handshake: HandshakeState;

  constructor(options: ChannelOptions) {
    this.#capabilities = options.capabilities;
    this.#starter = new SessionStarter(options.crypto, options.random);
    this.#handshake = begin(options, this.#starter, "initiator");
  }

  /** Message 1. */
  start(): Promise<Uint8Array> {
    const { minVersion, maxVersion, features } = this.#capabilities;
    return this.#starter.guard(this.#handshake, () =>
      this.#handshake.writeMessage(offer(minVersion, maxVersion, features)),
    );
  }

  /** Reads message 2. The caller sends the session's first record at once, an empty one if there are no data. */
  finish(
    message: Uint8Array,
    nowMs: number,
  ): Promise<Channel & { readonly remoteLogHeads: Uint8Array }> {
    return this.#starter.guard(this.#handshake, async () => {
      if (message.length !== MESSAGE_2_BYTES) throw sessionFailed();
      const remoteKey = copyBytes(message.subarray(0, DH_BYTES));
      const answer = await this.#handshake.readMessage(message);
      const view = viewOf(answer, ANSWER_BYTES);
      const version = view.getUint16(0);
      const { minVersion, maxVersion, features } = this.#capabilities;
      if (version < minVersion || version > maxVersion) throw sessionFailed();
      return {
        session: this.#starter.initiator(this.#handshake, remoteKey, nowMs),
        version,
        features: shared(features, view.getUint32(4)),
        remoteLogHeads: copyBytes(answer.subarray(OFFER_BYTES)),
      };
    });
  }

  /** Gives up: wipes what there is. Whatever is called later fails. */
  close(): void {
    this.#starter.abandon(this.#handshake);
  }
}

/** The larger device id's side. */
export class ChannelResponder {
  readonly #capabilities: Capabilities;
  readonly #logHeads: Uint8Array;
  readonly #starter: SessionStarter;
  readonly #handshake: HandshakeState;

  /** `logHeads` is the SHA-256 of our device log's heads, so that the initiator knows whether to ask for it. */
  constructor(options: ChannelOptions & { readonly logHeads: Uint8Array }) {
    requireLength(options.logHeads, HASH_BYTES, "hash of the device log's heads");
    this.#capabilities = options.capabilities;
    this.#logHeads = options.logHeads;
    this.#starter = new SessionStarter(options.crypto, options.random);
    this.#handshake = begin(options, this.#starter, "responder");
  }

  /** Reads message 1 and writes message 2. The session cannot seal before it has opened the initiator's first record. */
  answer(
    message: Uint8Array,
    nowMs: number,
  ): Promise<{ readonly message: Uint8Array; readonly channel: Channel }> {
    return this.#starter.guard(this.#handshake, async () => {
      if (message.length !== MESSAGE_1_BYTES) throw sessionFailed();
      const view = viewOf(await this.#handshake.readMessage(message), OFFER_BYTES);
      const { minVersion, maxVersion, features } = this.#capabilities;
      const version = Math.min(maxVersion, view.getUint16(2));
      if (version < Math.max(minVersion, view.getUint16(0))) throw sessionFailed();
      const answer = concatBytes(offer(version, 0, features), this.#logHeads);
      return {
        message: await this.#handshake.writeMessage(answer),
        channel: {
          session: this.#starter.responder(this.#handshake, nowMs),
          version,
          features: shared(features, view.getUint32(4)),
        },
      };
    });
  }

  /** Gives up, as the initiator's. */
  close(): void {
    this.#starter.abandon(this.#handshake);
  }
}
