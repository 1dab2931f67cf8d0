/**
 * The domain-separation strings of data and of the local protocol; peer-labels.ts has those between devices, apart because
 * a web page with a store loads them not at all. Changing one breaks every peer.
 */

const encoder = new TextEncoder();

/** The mark lets a web page's bundler leave out the labels that page never uses. */
/* @__NO_SIDE_EFFECTS__ */
const label = (text: string): Uint8Array => encoder.encode(text);

/** Digest items (data/digest.ts). */
export const DIGEST_LABEL: Uint8Array = label("masq digest v1");
/** Prologue of the local protocol's handshake (local/handshake.ts). */
export const LOCAL_PROLOGUE_LABEL: Uint8Array = label("masq local v1");
/** Commitment to the app's nonce in the first local handshake message (local/consent-code.ts). */
export const CONSENT_COMMIT_LABEL: Uint8Array = label("masq consent commit v1");
/** The 6 digits compared at consent (local/consent-code.ts). */
export const CONSENT_CODE_LABEL: Uint8Array = label("masq consent code v1");
/** The store's X25519 key towards one app (local/store-keys.ts). */
export const STORE_APP_KEY_LABEL: Uint8Array = label("masq store app key v1");
/** The access token of the store's relay for one granted key (local/relay-token.ts). */
export const LOCAL_RELAY_LABEL: Uint8Array = label("masq local relay v1");
