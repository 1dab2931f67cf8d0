/** Records that are not sealed. */
import type { RecordCipher } from "./session.ts";

/** For two ends of one app on one device: whoever could read between them could read what either holds. */
export const plainCipher: RecordCipher = {
  encryptWithAd: (_ad, plaintext) => plaintext,
  decryptWithAd: (_ad, ciphertext) => ciphertext,
};
