/**
 * The store's static keys. Each app sees a key of its own, derived from one secret, so that two apps comparing what
 * they see cannot tell whether they talk to the same store.
 */
import { concatBytes, utf8 } from "../bytes/bytes.ts";
import { STORE_APP_KEY_LABEL } from "../crypto/labels.ts";
import type { Primitives, DhKey } from "../crypto/primitives.ts";
import { softwareKey } from "../crypto/software-key.ts";

export const STORE_SECRET_BYTES = 32;

/** HMAC-SHA-256(secret, label | identity) as an X25519 private key. `identity` is the app's namespace, or `masq:admin`. */
export const storeKeyFor = (crypto: Primitives, secret: Uint8Array, identity: string): DhKey =>
  softwareKey(crypto, crypto.hmacSha256(secret, concatBytes(STORE_APP_KEY_LABEL, utf8(identity))));

export const ADMIN_IDENTITY = "masq:admin";
