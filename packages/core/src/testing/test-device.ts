/** Devices with keys and a log book, for tests of circles and pairings. */
import { deviceIdOf, signRecord, type SignedRecord } from "../circle/device-record.ts";
import { LogBook, type LogBookOptions, type OwnDevice } from "../circle/log-book.ts";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DhKey } from "../crypto/primitives.ts";
import { softwareKey } from "../crypto/software-key.ts";
import type { NamespaceId } from "../data/ids.ts";
import { memoryStorage } from "../memory-storage.ts";
import type { Storage } from "../storage.ts";
import { manualClock } from "./manual-clock.ts";
import type { SeededRandom } from "./seeded-random.ts";

export const DEVICES = "masq:devices" as NamespaceId;

export interface TestDevice extends OwnDevice {
  readonly name: string;
  readonly channelKey: DhKey;
  /** A record of the same keys with what is given changed. */
  readonly renewed: (changes: {
    readonly name?: string;
    readonly syncServices?: readonly string[];
    readonly channelKey?: Uint8Array;
  }) => SignedRecord;
}

export const testDevice = (
  random: SeededRandom,
  name: string,
  crypto: PeerPrimitives = noblePeerPrimitives,
): TestDevice => {
  const identitySeed = random.bytes(32);
  const identityKey = crypto.ed25519PublicKey(identitySeed);
  const channelKey = softwareKey(crypto, random.bytes(32));
  const fields = {
    identityKey,
    channelKey: channelKey.publicKey,
    kemKey: random.bytes(1184),
    name,
    syncServices: ["wss://sync.example.org"],
  };
  return {
    id: deviceIdOf(crypto, identityKey),
    identitySeed,
    name,
    channelKey,
    record: signRecord(crypto, identitySeed, fields),
    renewed: (changes) => signRecord(crypto, identitySeed, { ...fields, ...changes }),
  };
};

/** The device's log book, over a memory storage of its own unless one is given. */
export const bookOf = (own: OwnDevice, over: Partial<LogBookOptions> = {}): Promise<LogBook> =>
  LogBook.open({
    crypto: noblePeerPrimitives,
    clock: manualClock(),
    storage: memoryStorage(),
    namespace: DEVICES,
    own,
    role: "store",
    ...over,
  });

/** Names in order, as a person would compare them. */
export const namesIn = (book: LogBook): string[] =>
  book
    .members()
    .map(({ name }) => name)
    .toSorted();

/** What is kept, byte for byte. */
export const keptIn = async (storage: Storage): Promise<string> =>
  JSON.stringify((await storage.notes(DEVICES, "")).map(([name, value]) => [name, value.join()]));
