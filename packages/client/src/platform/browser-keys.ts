/** X25519 key pairs as WebCrypto has them: the private half never leaves the browser's own keeping. */
import { MasqError, sessionFailed, type DhKey } from "@masq/core";

export const X25519 = { name: "X25519" };

/** Throws MASQ_OPTION_INVALID: browsers keep WebCrypto from pages that are no secure context. */
export const requireWebCrypto = (): void => {
  if (globalThis.crypto?.subtle !== undefined) return;
  throw new MasqError(
    "MASQ_OPTION_INVALID",
    "This page has no access to WebCrypto: serve it over https.",
  );
};

/** Not extractable. Rejects with MASQ_BROWSER_UNSUITABLE in a browser that has no such keys. */
export const generateKeyPair = async (): Promise<CryptoKeyPair> => {
  try {
    return (await crypto.subtle.generateKey(X25519, false, ["deriveBits"])) as CryptoKeyPair;
  } catch (cause) {
    throw new MasqError(
      "MASQ_BROWSER_UNSUITABLE",
      "This browser cannot make the keys an app needs (X25519 in WebCrypto). Nothing was sent. Update it, or use another one.",
      { cause },
    );
  }
};

export const dhKey = async ({ publicKey, privateKey }: CryptoKeyPair): Promise<DhKey> => ({
  publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)),
  async dh(peer) {
    try {
      const key = await crypto.subtle.importKey(
        "raw",
        peer as Uint8Array<ArrayBuffer>,
        X25519,
        false,
        [],
      );
      const shared = await crypto.subtle.deriveBits(
        { name: "X25519", public: key },
        privateKey,
        256,
      );
      const bytes = new Uint8Array(shared);
      // Older engines hand out the all-zero result instead of refusing it (RFC 7748, section 6.1).
      if (bytes.every((byte) => byte === 0)) throw sessionFailed();
      return bytes;
    } catch (cause) {
      throw sessionFailed(cause);
    }
  },
});
