/**
 * The HandshakeState object of Noise revision 34, section 5.3, for Noise_<pattern>_25519_ChaChaPoly_SHA256 and the
 * hybrid patterns of hybrid.ts.
 *
 * Every failure is the same MASQ_SESSION_FAILED and is final: the keys are wiped and each later call fails
 * the same way. Writing and reading are asynchronous only because a key may be a platform handle.
 */
import { concatBytes, copyBytes } from "../bytes/bytes.ts";
import { AEAD_TAG_BYTES, DH_BYTES } from "../crypto/primitives.ts";
import type { DhKey, SymmetricPrimitives } from "../crypto/primitives.ts";
import { requireLength, sessionFailed } from "../crypto/session-failed.ts";
import { MasqError } from "../errors.ts";
import { CipherState } from "./cipher-state.ts";
import type { KemExchange } from "./kem-exchange.ts";
import type { DhToken, HandshakePattern, Role } from "./patterns.ts";
import { SymmetricState } from "./symmetric-state.ts";

/** Noise section 3: no message is longer. */
export const MAX_NOISE_MESSAGE_BYTES = 65_535;

/** Noise section 9.1. */
const PSK_BYTES = 32;

export interface HandshakeOptions {
  readonly crypto: SymmetricPrimitives;
  /** Makes our ephemeral key; it is used once and wiped. */
  readonly generateKey: () => Promise<DhKey>;
  readonly pattern: HandshakePattern;
  readonly role: Role;
  /** What both sides must agree on besides the keys (section 6). */
  readonly prologue: Uint8Array;
  /** Our static key, where the pattern uses one. */
  readonly s?: DhKey | undefined;
  /** The other side's static public key, where the pattern knows it beforehand; refused elsewhere. */
  readonly rs?: Uint8Array | undefined;
  /** One 32-byte key for each psk token, in their order. */
  readonly psks?: readonly Uint8Array[] | undefined;
}

export interface TransportCiphers {
  readonly send: CipherState;
  readonly receive: CipherState;
}

type State = "ready" | "busy" | "complete" | "split" | "dead";

/** Initialize (section 5.3). Throws MASQ_INTERNAL when the options do not fit the pattern. */
export const createHandshake = (options: HandshakeOptions): HandshakeState =>
  new HandshakeState(options.pattern, options);

export class HandshakeState {
  readonly #crypto: SymmetricPrimitives;
  readonly #generateKey: () => Promise<DhKey>;
  readonly #pattern: HandshakePattern;
  readonly #role: Role;
  readonly #symmetric: SymmetricState;
  readonly #psks: readonly Uint8Array[];
  readonly #s: DhKey | undefined;
  readonly #kem: KemExchange | undefined;
  #ephemeral: DhKey | undefined;
  #rs: Uint8Array | undefined;
  #re: Uint8Array | undefined;
  #remoteStatic: Uint8Array | undefined;
  #nextMessage = 0;
  #nextPsk = 0;
  #state: State = "ready";

  /** `kem` serves the tokens e1 and ekem1 where the pattern has them (hybrid.ts); it is used once and wiped. */
  constructor(
    pattern: HandshakePattern,
    options: Omit<HandshakeOptions, "pattern">,
    kem?: KemExchange,
  ) {
    requireOptionsThatFit(pattern, options);
    this.#crypto = options.crypto;
    this.#generateKey = options.generateKey;
    this.#pattern = pattern;
    this.#role = options.role;
    this.#s = options.s;
    this.#kem = kem;
    this.#rs = options.rs && copyBytes(options.rs);
    this.#remoteStatic = this.#rs;
    this.#psks = (options.psks ?? []).map((psk) => copyBytes(psk));
    this.#symmetric = new SymmetricState(options.crypto, pattern.protocolName);
    this.#symmetric.mixHash(options.prologue);
    for (const role of pattern.knownStatics) {
      const key = role === options.role ? options.s?.publicKey : options.rs;
      this.#symmetric.mixHash(known(key));
    }
  }

  /** Whether all messages have passed. */
  get isComplete(): boolean {
    return this.#state === "complete" || this.#state === "split";
  }

  /** The hash both sides share, for channel binding (section 11.2). Asking before the end is a failure. */
  get handshakeHash(): Uint8Array {
    if (!this.isComplete) throw this.#fail();
    return this.#symmetric.handshakeHash;
  }

  /**
   * The other side's static key: known beforehand or received in a message that verified; undefined until
   * then. How far it is proven depends on the pattern (section 7.7).
   */
  get remoteStaticKey(): Uint8Array | undefined {
    if (this.#is("dead")) throw sessionFailed();
    return this.#remoteStatic && copyBytes(this.#remoteStatic);
  }

  /** WriteMessage (section 5.3). */
  async writeMessage(payload: Uint8Array): Promise<Uint8Array> {
    const ownPayload = copyBytes(payload);
    return this.#turn(this.#role, () => this.#write(ownPayload));
  }

  /** ReadMessage (section 5.3). Resolves with the payload. */
  async readMessage(message: Uint8Array): Promise<Uint8Array> {
    // A copy, since the caller may reuse the buffer of a socket while we wait for the static key.
    if (message.length > MAX_NOISE_MESSAGE_BYTES) throw this.#fail();
    const ownMessage = copyBytes(message);
    return this.#turn(otherRole(this.#role), () => this.#read(ownMessage));
  }

  /**
   * Split (section 5.2), turned so that `send` is ours. Once only: a second pair would repeat the nonces of
   * the first. After a one-way pattern the responder's direction is refused (section 7.4).
   */
  split(): TransportCiphers {
    const [fromInitiator, fromResponder] = this.splitKeys().map(
      (key) => new CipherState(this.#crypto, key),
    ) as [CipherState, CipherState];
    if (this.#pattern.messages.length === 1) fromResponder.destroy();
    return this.#role === "initiator"
      ? { send: fromInitiator, receive: fromResponder }
      : { send: fromResponder, receive: fromInitiator };
  }

  /** Split as bare keys, the initiator's direction first, for those who derive more from them. Once only. */
  splitKeys(): [Uint8Array, Uint8Array] {
    if (!this.#is("complete")) throw this.#fail();
    const keys = this.#symmetric.split();
    this.#state = "split";
    this.#wipe();
    return keys;
  }

  /** One message written by `writer`; whatever goes wrong in it ends the handshake. */
  async #turn(writer: Role, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const expected: Role = this.#nextMessage % 2 === 0 ? "initiator" : "responder";
    if (!this.#is("ready") || writer !== expected) throw this.#fail();
    this.#state = "busy";
    try {
      const result = await work();
      // A second call while we waited has ended the handshake.
      if (!this.#is("busy")) throw sessionFailed();
      this.#nextMessage++;
      this.#remoteStatic = this.#rs;
      this.#state = this.#nextMessage === this.#pattern.messages.length ? "complete" : "ready";
      return result;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  async #write(payload: Uint8Array): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const token of this.#pattern.messages[this.#nextMessage] ?? []) {
      switch (token) {
        case "e":
          parts.push(await this.#writeEphemeral());
          break;
        case "s":
          parts.push(this.#symmetric.encryptAndHash(known(this.#s).publicKey));
          break;
        case "e1":
        case "ekem1":
          parts.push(known(this.#kem).write(token, this.#symmetric));
          break;
        case "psk":
        case "ee":
        case "es":
        case "se":
        case "ss":
          await this.#mix(token);
          break;
      }
    }
    parts.push(this.#symmetric.encryptAndHash(payload));
    const message = concatBytes(...parts);
    if (message.length > MAX_NOISE_MESSAGE_BYTES) throw sessionFailed();
    return message;
  }

  async #read(message: Uint8Array): Promise<Uint8Array> {
    let rest = message;
    const take = (length: number): Uint8Array => {
      if (rest.length < length) throw sessionFailed();
      const taken = copyBytes(rest.subarray(0, length));
      rest = rest.subarray(length);
      return taken;
    };
    for (const token of this.#pattern.messages[this.#nextMessage] ?? []) {
      switch (token) {
        case "e":
          this.#re = take(DH_BYTES);
          this.#mixEphemeral(this.#re);
          break;
        case "s":
          this.#rs = this.#symmetric.decryptAndHash(
            take(this.#symmetric.hasKey ? DH_BYTES + AEAD_TAG_BYTES : DH_BYTES),
          );
          break;
        case "e1":
        case "ekem1":
          known(this.#kem).read(token, this.#symmetric, take);
          break;
        case "psk":
        case "ee":
        case "es":
        case "se":
        case "ss":
          await this.#mix(token);
          break;
      }
    }
    return this.#symmetric.decryptAndHash(rest);
  }

  async #writeEphemeral(): Promise<Uint8Array> {
    this.#ephemeral = await this.#generateKey();
    const { publicKey } = this.#ephemeral;
    this.#mixEphemeral(publicKey);
    return publicKey;
  }

  /** In a psk handshake the ephemeral key is mixed twice, to randomize the keys early (section 9.2). */
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    if (this.#psks.length > 0) this.#symmetric.mixKey(publicKey);
  }

  /** The tokens that put nothing into the message. */
  async #mix(token: DhToken | "psk"): Promise<void> {
    if (token === "psk") {
      this.#symmetric.mixKeyAndHash(known(this.#psks[this.#nextPsk++]));
      return;
    }
    // DH(key_pair, public_key) of section 4.1, with the keys the token names seen from our side.
    const [own, theirs] = this.#role === "initiator" ? [token[0], token[1]] : [token[1], token[0]];
    const publicKey = known(theirs === "e" ? this.#re : this.#rs);
    this.#symmetric.mixKey(await known(own === "e" ? this.#ephemeral : this.#s).dh(publicKey));
  }

  /** A method, since the state can change while a function waits and the compiler cannot know. */
  #is(state: State): boolean {
    return this.#state === state;
  }

  /** Ends the handshake and returns the error to throw: always the same one, whatever the cause. */
  #fail(cause?: unknown): MasqError {
    this.#state = "dead";
    this.#wipe();
    const refused = cause instanceof MasqError && cause.code === "MASQ_SESSION_FAILED";
    // Only what is not a refusal, hence a defect, is worth keeping for the developer.
    return sessionFailed(refused ? undefined : cause);
  }

  #wipe(): void {
    this.#symmetric.destroy();
    this.#ephemeral?.destroy?.();
    this.#kem?.destroy();
    for (const psk of this.#psks) psk.fill(0);
  }
}

const otherRole = (role: Role): Role => (role === "initiator" ? "responder" : "initiator");

const misfit = (): MasqError =>
  new MasqError("MASQ_INTERNAL", "A Noise pattern was given other keys than it needs.");

/** A key the pattern guarantees: its absence is our defect. */
const known = <T>(value: T | undefined): T => {
  if (value === undefined) throw misfit();
  return value;
};

const requireOptionsThatFit = (
  pattern: HandshakePattern,
  options: Omit<HandshakeOptions, "pattern">,
): void => {
  const { role, s, rs, psks = [] } = options;
  const sendsStatic = pattern.messages.some(
    (tokens, index) => tokens.includes("s") && (index % 2 === 0) === (role === "initiator"),
  );
  if (sendsStatic || pattern.knownStatics.includes(role)) known(s);
  if (pattern.knownStatics.includes(otherRole(role))) {
    requireLength(known(rs), DH_BYTES, "remote static key");
  } else if (rs !== undefined) throw misfit();
  const wanted = pattern.messages.flat().filter((token) => token === "psk").length;
  if (psks.length !== wanted) throw misfit();
  for (const psk of psks) requireLength(psk, PSK_BYTES, "pre-shared key");
};
