/** What one commit may hold, so that it stays one commit on its way to every device. */
import { dataBytes } from "../data/key.ts";
import { MasqError } from "../errors.ts";

export const MAX_BATCH_OPERATIONS = 1000;
/** Keys in UTF-8 and encoded values together. */
export const MAX_BATCH_BYTES: number = 4 * 1024 * 1024;

/** Throws MASQ_BATCH_INVALID for an empty batch, MASQ_BATCH_TOO_LARGE for one above the limits. */
export const checkBatch = (
  operations: readonly { readonly key: string; readonly value: Uint8Array | null }[],
): void => {
  if (operations.length === 0) {
    throw new MasqError("MASQ_BATCH_INVALID", "A batch needs at least one operation.");
  }
  let bytes = 0;
  for (const operation of operations) bytes += dataBytes(operation);
  if (operations.length > MAX_BATCH_OPERATIONS || bytes > MAX_BATCH_BYTES) {
    throw new MasqError(
      "MASQ_BATCH_TOO_LARGE",
      `A batch holds at most ${MAX_BATCH_OPERATIONS} operations and ${MAX_BATCH_BYTES} bytes; nothing was written. Split it.`,
    );
  }
};
