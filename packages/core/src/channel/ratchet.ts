/**
 * The Double Ratchet with header encryption (Signal's "The Double Ratchet Algorithm", revision 3, section 3; byte
 * layout in docs/channel.md), over a link that keeps order: a gap, a repeat or a bad tag is refused, and no key is
 * ever stored for a record that is missing (MAX_SKIP = 0).
 *
 * One departure: our next key pair is made when we next write, not when the other's arrives, which the document
 * allows (section 2.3) and which leaves the bytes as they are. Nothing changes in a state before the tag of a
 * record has verified: what follows from the record is computed beside it and then put in its place.
 */
import { concatBytes } from "../bytes/bytes.ts";
import { equalBytes } from "../crypto/constant-time.ts";
import { RECORD_BODY_LABEL, RECORD_HEADER_LABEL } from "../crypto/peer-labels.ts";
import { AEAD_NONCE_BYTES, DH_BYTES } from "../crypto/primitives.ts";
import type { Primitives } from "../crypto/primitives.ts";
import { requireLength, sessionFailed } from "../crypto/session-failed.ts";
import type { Random } from "../host.ts";
import type { Role } from "../noise/pattern.ts";
import { chainStep, rootStep } from "./key-schedule.ts";
import type { RootStep, SessionSecrets } from "./key-schedule.ts";
import { BODY_OFFSET, decodeHeader, encodeHeader, RECORD_TYPE } from "./record.ts";

/** One direction between two steps of its writer. */
export interface Chain {
  chainKey: Uint8Array;
  readonly headerKey: Uint8Array;
  /** The number of the next record. */
  count: number;
}

export interface RatchetKey {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** All that a session keeps: plain data of fixed size, so that a test can copy it. */
export interface RatchetState {
  rootKey: Uint8Array;
  ownKey: RatchetKey;
  remoteKey: Uint8Array | undefined;
  /** Whether the other's key is newer than ours: our next step then brings both fresh randomness. */
  canStep: boolean;
  sending: Chain | undefined;
  receiving: Chain | undefined;
  nextSendHeaderKey: Uint8Array;
  nextReceiveHeaderKey: Uint8Array;
  /** How many records our previous chain had. */
  previousCount: number;
  /** Associated data in each direction: label, session id and direction, with room for a sealed header in the body's. */
  readonly sendAd: AssociatedData;
  readonly receiveAd: AssociatedData;
}

export interface AssociatedData {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
}

/** Its number in a chain is 32 bits; sessions end long before (session.ts). */
const MAX_RECORD_NUMBER = 0xffff_ffff;

/** A message key seals one record, so its nonce need not differ. */
const ZERO_NONCE = new Uint8Array(AEAD_NONCE_BYTES);

const headerNonce = (number: number): Uint8Array => {
  const nonce = new Uint8Array(AEAD_NONCE_BYTES);
  new DataView(nonce.buffer).setUint32(4, number, true);
  return nonce;
};

const associatedData = (sessionId: Uint8Array, writer: Role): AssociatedData => {
  const direction = Uint8Array.of(writer === "initiator" ? 0 : 1);
  return {
    header: concatBytes(RECORD_HEADER_LABEL, sessionId, direction),
    body: concatBytes(RECORD_BODY_LABEL, sessionId, direction, new Uint8Array(BODY_OFFSET - 1)),
  };
};

const bodyAd = (ad: AssociatedData, sealedHeader: Uint8Array): Uint8Array => {
  ad.body.set(sealedHeader, ad.body.length - sealedHeader.length);
  return ad.body;
};

/** A fresh key pair; the array drawn becomes its private half. */
export const newRatchetKey = (crypto: Primitives, random: Random): RatchetKey => {
  const privateKey = random(DH_BYTES);
  requireLength(privateKey, DH_BYTES, "random private key");
  return { privateKey, publicKey: crypto.x25519PublicKey(privateKey) };
};

/**
 * The initiator's state, "Alice" in the document: `remoteKey` is the responder's ephemeral key of the handshake. Its
 * first step is done at once, with `ownKey`.
 */
export const initiatorRatchet = (
  crypto: Primitives,
  secrets: SessionSecrets,
  ownKey: RatchetKey,
  remoteKey: Uint8Array,
): RatchetState => {
  const { sessionId } = secrets;
  const state: RatchetState = {
    rootKey: secrets.rootKey,
    ownKey,
    remoteKey,
    canStep: true,
    sending: undefined,
    receiving: undefined,
    nextSendHeaderKey: secrets.initiatorHeaderKey,
    nextReceiveHeaderKey: secrets.responderHeaderKey,
    previousCount: 0,
    sendAd: associatedData(sessionId, "initiator"),
    receiveAd: associatedData(sessionId, "responder"),
  };
  step(crypto, state, ownKey);
  return state;
};

/** The responder's, "Bob": `ownKey` is its ephemeral key of the handshake. It cannot write before it has read. */
export const responderRatchet = (secrets: SessionSecrets, ownKey: RatchetKey): RatchetState => ({
  rootKey: secrets.rootKey,
  ownKey,
  remoteKey: undefined,
  canStep: false,
  sending: undefined,
  receiving: undefined,
  nextSendHeaderKey: secrets.responderHeaderKey,
  nextReceiveHeaderKey: secrets.initiatorHeaderKey,
  previousCount: 0,
  sendAd: associatedData(secrets.sessionId, "responder"),
  receiveAd: associatedData(secrets.sessionId, "initiator"),
});

/** The sending half of a ratchet step: a new chain under `ownKey`. Only after the other's key has changed. */
export const step = (crypto: Primitives, state: RatchetState, ownKey: RatchetKey): void => {
  if (state.remoteKey === undefined || !state.canStep) throw sessionFailed();
  const output = crypto.x25519(ownKey.privateKey, state.remoteKey);
  const next = rootStep(crypto, state.rootKey, output);
  wipe(state.rootKey, state.sending?.chainKey, state.sending?.headerKey);
  if (state.ownKey !== ownKey) wipe(state.ownKey.privateKey);
  state.previousCount = state.sending?.count ?? 0;
  state.sending = { chainKey: next.chainKey, headerKey: state.nextSendHeaderKey, count: 0 };
  state.nextSendHeaderKey = next.nextHeaderKey;
  state.rootKey = next.rootKey;
  state.ownKey = ownKey;
  state.canStep = false;
};

/** One record in our current chain: type | sealed header | sealed plaintext. */
export const sealRecord = (
  crypto: Primitives,
  state: RatchetState,
  plaintext: Uint8Array,
): Uint8Array => {
  const chain = state.sending;
  if (chain === undefined || chain.count >= MAX_RECORD_NUMBER) throw sessionFailed();
  const { messageKey, chainKey } = chainStep(crypto, chain.chainKey);
  const header = encodeHeader({
    dh: state.ownKey.publicKey,
    previousCount: state.previousCount,
    number: chain.count,
  });
  const { sendAd } = state;
  const sealed = crypto.seal(chain.headerKey, headerNonce(chain.count), sendAd.header, header);
  const body = crypto.seal(messageKey, ZERO_NONCE, bodyAd(sendAd, sealed), plaintext);
  wipe(messageKey, chain.chainKey);
  chain.chainKey = chainKey;
  chain.count++;
  const record = new Uint8Array(BODY_OFFSET + body.length);
  record[0] = RECORD_TYPE;
  record.set(sealed, 1);
  record.set(body, BODY_OFFSET);
  return record;
};

/** The plaintext of the other's next record; anything else is refused, and leaves the state as it was. */
export const openRecord = (
  crypto: Primitives,
  state: RatchetState,
  record: Uint8Array,
): Uint8Array => {
  const sealed = record.subarray(1, BODY_OFFSET);
  const current = openCurrentHeader(crypto, state, sealed);
  if (current !== undefined) {
    const { plaintext, chainKey } = openBody(crypto, state, record, current.chainKey);
    wipe(current.chainKey);
    current.chainKey = chainKey;
    current.count++;
    return plaintext;
  }
  const { remoteKey, next } = openNextHeader(crypto, state, sealed);
  try {
    const { plaintext, chainKey } = openBody(crypto, state, record, next.chainKey);
    wipe(state.rootKey, state.receiving?.chainKey, state.receiving?.headerKey);
    state.receiving = { chainKey, headerKey: state.nextReceiveHeaderKey, count: 1 };
    state.nextReceiveHeaderKey = next.nextHeaderKey;
    state.rootKey = next.rootKey;
    state.remoteKey = remoteKey;
    state.canStep = true;
    return plaintext;
  } catch (error) {
    wipe(next.rootKey, next.nextHeaderKey);
    throw error;
  } finally {
    wipe(next.chainKey);
  }
};

/** The current receiving chain, if the header is that of its next record. */
const openCurrentHeader = (
  crypto: Primitives,
  state: RatchetState,
  sealed: Uint8Array,
): Chain | undefined => {
  const chain = state.receiving;
  if (chain === undefined) return undefined;
  let opened: Uint8Array;
  try {
    opened = crypto.open(chain.headerKey, headerNonce(chain.count), state.receiveAd.header, sealed);
  } catch {
    return undefined; // Perhaps of the next chain.
  }
  const { dh, number } = decodeHeader(opened);
  const isExpected =
    number === chain.count && state.remoteKey !== undefined && equalBytes(dh, state.remoteKey);
  if (!isExpected) throw sessionFailed();
  return chain;
};

/** What follows from a header that begins the next receiving chain, which it can only when the last is complete. */
const openNextHeader = (
  crypto: Primitives,
  state: RatchetState,
  sealed: Uint8Array,
): { readonly remoteKey: Uint8Array; readonly next: RootStep } => {
  const header = decodeHeader(
    crypto.open(state.nextReceiveHeaderKey, ZERO_NONCE, state.receiveAd.header, sealed),
  );
  // A new key of theirs before ours was new would be a step nothing answers to.
  const isExpected =
    header.number === 0 && header.previousCount === (state.receiving?.count ?? 0) && !state.canStep;
  if (!isExpected) throw sessionFailed();
  const output = crypto.x25519(state.ownKey.privateKey, header.dh);
  return { remoteKey: header.dh, next: rootStep(crypto, state.rootKey, output) };
};

const openBody = (
  crypto: Primitives,
  state: RatchetState,
  record: Uint8Array,
  previousChainKey: Uint8Array,
): { readonly plaintext: Uint8Array; readonly chainKey: Uint8Array } => {
  const { messageKey, chainKey } = chainStep(crypto, previousChainKey);
  const ad = bodyAd(state.receiveAd, record.subarray(1, BODY_OFFSET));
  try {
    const plaintext = crypto.open(messageKey, ZERO_NONCE, ad, record.subarray(BODY_OFFSET));
    return { plaintext, chainKey };
  } catch (error) {
    wipe(chainKey);
    throw error;
  } finally {
    wipe(messageKey);
  }
};

/** Wipes every key of a state; what is left is useless. */
export const wipeRatchet = (state: RatchetState): void => {
  wipe(
    state.rootKey,
    state.ownKey.privateKey,
    state.sending?.chainKey,
    state.sending?.headerKey,
    state.receiving?.chainKey,
    state.receiving?.headerKey,
    state.nextSendHeaderKey,
    state.nextReceiveHeaderKey,
  );
  state.sending = undefined;
  state.receiving = undefined;
  state.canStep = false;
};

const wipe = (...keys: readonly (Uint8Array | undefined)[]): void => {
  for (const key of keys) key?.fill(0);
};
