/** From a finished handshake to a session, for both kinds of handshake (docs/channel.md, "Key schedule"). */
import type { DhKey, Primitives } from "../crypto/primitives.ts";
import { generatePrivateKey, softwareKey } from "../crypto/software-key.ts";
import { sessionFailed } from "../crypto/session-failed.ts";
import { codeOf } from "../errors.ts";
import type { Random } from "../host.ts";
import type { HandshakeState } from "../noise/handshake.ts";
import { sessionSecrets } from "./key-schedule.ts";
import type { SessionSecrets } from "./key-schedule.ts";
import { initiatorRatchet, newRatchetKey, responderRatchet } from "./ratchet.ts";
import type { RatchetState } from "./ratchet.ts";
import { Session } from "./session.ts";

/** Makes a handshake's ephemeral key and keeps it: the responder's becomes its first ratchet key. */
export class SessionStarter {
  readonly #crypto: Primitives;
  readonly #random: Random;
  #privateKey: Uint8Array | undefined;

  constructor(crypto: Primitives, random: Random) {
    this.#crypto = crypto;
    this.#random = random;
  }

  readonly generateKey = async (): Promise<DhKey> => {
    this.#privateKey = generatePrivateKey(this.#random);
    return softwareKey(this.#crypto, this.#privateKey);
  };

  /** `remoteKey` is the responder's ephemeral key. */
  initiator(handshake: HandshakeState, remoteKey: Uint8Array, nowMs: number): Session {
    this.#wipeKey();
    const secrets = sessionSecrets(this.#crypto, handshake);
    const ownKey = newRatchetKey(this.#crypto, this.#random);
    const state = initiatorRatchet(this.#crypto, secrets, ownKey, remoteKey);
    return this.#session(secrets, state, nowMs);
  }

  responder(handshake: HandshakeState, nowMs: number): Session {
    const privateKey = this.#privateKey;
    if (privateKey === undefined) throw sessionFailed();
    this.#privateKey = undefined;
    const secrets = sessionSecrets(this.#crypto, handshake);
    const publicKey = this.#crypto.x25519PublicKey(privateKey);
    return this.#session(secrets, responderRatchet(secrets, { privateKey, publicKey }), nowMs);
  }

  /** Wipes the ephemeral key and the handshake: asking for its keys ends it in any state, too early by a refusal. */
  abandon(handshake: HandshakeState): void {
    this.#wipeKey();
    try {
      for (const key of handshake.splitKeys()) key.fill(0);
    } catch {
      // Wiped.
    }
  }

  /** Runs one step of the handshake; whatever fails in it wipes all there is and is the same error. */
  async guard<T>(handshake: HandshakeState, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.abandon(handshake);
      if (codeOf(error) === "MASQ_SESSION_FAILED") throw error;
      throw sessionFailed(error);
    }
  }

  #wipeKey(): void {
    this.#privateKey?.fill(0);
    this.#privateKey = undefined;
  }

  #session(secrets: SessionSecrets, state: RatchetState, nowMs: number): Session {
    return new Session({
      crypto: this.#crypto,
      random: this.#random,
      state,
      id: secrets.sessionId,
      handshakeHash: secrets.handshakeHash,
      nowMs,
    });
  }
}
