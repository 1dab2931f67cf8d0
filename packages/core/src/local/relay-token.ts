/**
 * What a granted app shows to the relay on the store's port (docs/protocol.md, "The store's relay"). It follows from the
 * key id, so that nothing is kept for it, it outlives a restart of the store, and is void when the key is revoked.
 */
import { concatBytes } from "../bytes/bytes.ts";
import { equalBytes } from "../crypto/constant-time.ts";
import { LOCAL_RELAY_LABEL } from "../crypto/labels.ts";
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { KEY_ID_BYTES } from "./protocol.ts";

const MAC_BYTES = 32;
export const RELAY_TOKEN_BYTES: number = KEY_ID_BYTES + MAC_BYTES;

/** `key id | HMAC-SHA-256(secret, label | key id)`. `secret` is the store's. */
export const relayToken = (
  crypto: SymmetricPrimitives,
  secret: Uint8Array,
  keyId: Uint8Array,
): Uint8Array =>
  concatBytes(keyId, crypto.hmacSha256(secret, concatBytes(LOCAL_RELAY_LABEL, keyId)));

/** The key id in a token of this store; undefined for anything else. */
export const keyIdOfRelayToken = (
  crypto: SymmetricPrimitives,
  secret: Uint8Array,
  token: Uint8Array,
): Uint8Array | undefined => {
  if (token.length !== RELAY_TOKEN_BYTES) return undefined;
  const keyId = token.slice(0, KEY_ID_BYTES);
  return equalBytes(token, relayToken(crypto, secret, keyId)) ? keyId : undefined;
};
