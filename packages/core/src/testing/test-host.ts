/** A host whose time and chance belong to the test. */
import { noblePrimitives } from "../crypto/noble.ts";
import { generatePrivateKey, softwareKey } from "../crypto/software-key.ts";
import type { Clock, Host } from "../host.ts";
import { manualClock } from "./manual-clock.ts";
import { seededRandom } from "./seeded-random.ts";

/** The same seed gives the same bytes in the same order; without a clock, one that stands still. */
export const testHost = (options: { readonly seed: number; readonly clock?: Clock }): Host => {
  const random = seededRandom(options.seed);
  const bytes = (length: number): Uint8Array => random.bytes(length);
  return {
    clock: options.clock ?? manualClock(),
    random: bytes,
    crypto: noblePrimitives,
    generateKey: async () => softwareKey(noblePrimitives, generatePrivateKey(bytes)),
  };
};
