/**
 * The handshake of two devices that meet for the first time and share a one-time secret (docs/channel.md, "Pairing
 * handshake"): Noise XX with the secret in front and an ephemeral ML-KEM-768. The initiator is who scanned the code or
 * opened the link. Device records travel as opaque bytes, padded like records.
 *
 * Left to the caller: one use of the secret (it ends with the first message 1 that `answer` accepts, whatever follows),
 * its lifetime, that a device record names the static key returned beside it, and that both people confirm.
 */
import { copyBytes } from "../bytes/bytes.ts";
import { KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_KEY_BYTES } from "../crypto/peer-primitives.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { PAIRING_CODE_LABEL } from "../crypto/peer-labels.ts";
import { AEAD_TAG_BYTES, DH_BYTES } from "../crypto/primitives.ts";
import type { DhKey, SymmetricPrimitives } from "../crypto/primitives.ts";
import { sessionFailed } from "../crypto/session-failed.ts";
import { MasqError } from "../errors.ts";
import type { Random } from "../host.ts";
import type { HandshakeState } from "../noise/handshake.ts";
import { pairingHandshake } from "../noise/hybrid.ts";
import type { Role } from "../noise/pattern.ts";
import type { PairingKeys } from "./pairing-secret.ts";
import { pairingPrologue } from "./prologue.ts";
import { padData, paddedLength, unpadData } from "./record.ts";
import { SessionStarter } from "./session-start.ts";
import type { Session } from "./session.ts";

/** So that a message stays below Noise's 65,535 bytes. */
export const MAX_DEVICE_RECORD_BYTES = 16_384;

export interface PairingOptions {
  readonly crypto: PeerPrimitives;
  readonly random: Random;
  readonly keys: Pick<PairingKeys, "psk" | "rendezvousId">;
  /** What led to the pre-shared key; nothing for a link. */
  readonly context?: Uint8Array;
  readonly ownKey: DhKey;
  readonly ownRecord: Uint8Array;
}

export interface Paired {
  /** The other's static key, which its message proved. */
  readonly remoteKey: Uint8Array;
  readonly remoteRecord: Uint8Array;
  /** Six digits both people can compare. */
  readonly code: string;
  /** For what both say after they have confirmed. */
  readonly session: Session;
}

const EMPTY = new Uint8Array(0);
const EPHEMERAL_KEY_BYTES: number = KEM_PUBLIC_KEY_BYTES + AEAD_TAG_BYTES;
const STATIC_KEY_BYTES: number = DH_BYTES + AEAD_TAG_BYTES;

export const PAIRING_MESSAGE_1_BYTES: number = DH_BYTES + EPHEMERAL_KEY_BYTES + AEAD_TAG_BYTES;
const MAX_PADDED_RECORD_BYTES: number = paddedLength(MAX_DEVICE_RECORD_BYTES + 4);
/** Without the record in them. */
const MESSAGE_2_BYTES: number =
  DH_BYTES + KEM_CIPHERTEXT_BYTES + AEAD_TAG_BYTES + STATIC_KEY_BYTES + AEAD_TAG_BYTES;
const MESSAGE_3_BYTES: number = STATIC_KEY_BYTES + AEAD_TAG_BYTES;

/** First 8 bytes of HMAC-SHA-256(handshake hash, label) as a number, modulo 10^6. */
const pairingCode = (crypto: SymmetricPrimitives, handshakeHash: Uint8Array): string => {
  let remainder = 0;
  for (const byte of crypto.hmacSha256(handshakeHash, PAIRING_CODE_LABEL).subarray(0, 8)) {
    remainder = (remainder * 256 + byte) % 1_000_000;
  }
  return remainder.toString().padStart(6, "0");
};

/** What both sides have in common. */
class PairingSide {
  readonly starter: SessionStarter;
  readonly handshake: HandshakeState;
  readonly #crypto: PeerPrimitives;
  readonly #ownRecord: Uint8Array;

  constructor(options: PairingOptions, role: Role) {
    const { crypto, random, keys, ownKey, ownRecord, context = EMPTY } = options;
    if (ownRecord.length > MAX_DEVICE_RECORD_BYTES) {
      throw new MasqError("MASQ_INTERNAL", "A device record is longer than a pairing carries.");
    }
    this.#crypto = crypto;
    this.#ownRecord = copyBytes(ownRecord);
    this.starter = new SessionStarter(crypto, random);
    this.handshake = pairingHandshake({
      crypto,
      random,
      generateKey: this.starter.generateKey,
      role,
      prologue: pairingPrologue(keys.rendezvousId, context),
      staticKey: ownKey,
      psk: keys.psk,
    });
  }

  guard<T>(work: () => Promise<T>): Promise<T> {
    return this.starter.guard(this.handshake, work);
  }

  writeRecord(): Promise<Uint8Array> {
    return this.handshake.writeMessage(padData(this.#ownRecord));
  }

  async readRecord(message: Uint8Array, bytesWithoutRecord: number): Promise<Uint8Array> {
    if (message.length > bytesWithoutRecord + MAX_PADDED_RECORD_BYTES) throw sessionFailed();
    return unpadData(await this.handshake.readMessage(message)).slice();
  }

  /** `session` was made of the handshake, which is over. */
  paired(remoteRecord: Uint8Array, session: Session): Paired {
    const { remoteStaticKey } = this.handshake;
    if (remoteStaticKey === undefined) throw sessionFailed();
    return {
      remoteKey: remoteStaticKey,
      remoteRecord,
      code: pairingCode(this.#crypto, session.handshakeHash),
      session,
    };
  }
}

/** The side that scanned the code or opened the link: `start`, then `finish`, each once. */
export class PairingInitiator {
  readonly #side: PairingSide;

  constructor(options: PairingOptions) {
    this.#side = new PairingSide(options, "initiator");
  }

  /** Message 1. */
  start(): Promise<Uint8Array> {
    return this.#side.guard(() => this.#side.handshake.writeMessage(EMPTY));
  }

  /** Reads message 2 and writes message 3. */
  finish(
    message: Uint8Array,
    nowMs: number,
  ): Promise<{ readonly message: Uint8Array; readonly paired: Paired }> {
    const side = this.#side;
    return side.guard(async () => {
      const remoteEphemeral = copyBytes(message.subarray(0, DH_BYTES));
      const remoteRecord = await side.readRecord(message, MESSAGE_2_BYTES);
      const answer = await side.writeRecord();
      const session = side.starter.initiator(side.handshake, remoteEphemeral, nowMs);
      return { message: answer, paired: side.paired(remoteRecord, session) };
    });
  }

  /** Gives up: wipes what there is. Whatever is called later fails. */
  close(): void {
    this.#side.starter.abandon(this.#side.handshake);
  }
}

/** The side that displays the code: `answer`, then `finish`, each once. */
export class PairingResponder {
  readonly #side: PairingSide;

  constructor(options: PairingOptions) {
    this.#side = new PairingSide(options, "responder");
  }

  /** Reads message 1 and writes message 2. Once this resolves, someone knew the secret: it must not be used again. */
  answer(message: Uint8Array): Promise<Uint8Array> {
    const side = this.#side;
    return side.guard(async () => {
      if (message.length !== PAIRING_MESSAGE_1_BYTES) throw sessionFailed();
      await side.handshake.readMessage(message);
      return side.writeRecord();
    });
  }

  /** Reads message 3. The session cannot seal before it has opened the initiator's first record. */
  finish(message: Uint8Array, nowMs: number): Promise<Paired> {
    const side = this.#side;
    return side.guard(async () => {
      const remoteRecord = await side.readRecord(message, MESSAGE_3_BYTES);
      return side.paired(remoteRecord, side.starter.responder(side.handshake, nowMs));
    });
  }

  /** Gives up, as the initiator's. */
  close(): void {
    this.#side.starter.abandon(this.#side.handshake);
  }
}
