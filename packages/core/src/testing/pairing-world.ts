/** Devices that pair over a relay in memory, with one clock for all that moves only when a test says so. */
import type { Member } from "../circle/device-log.ts";
import type { LogBook } from "../circle/log-book.ts";
import type { DeviceRole } from "../circle/operation.ts";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { NamespaceId } from "../data/ids.ts";
import type { MasqError } from "../errors.ts";
import type { PairingPeer, PairingSelf } from "../pairing/agreement.ts";
import { decodeInvitation } from "../pairing/invitation-link.ts";
import { invite, type InviteOptions, type PendingInvitation } from "../pairing/inviter.ts";
import { join, type JoinOptions, type PendingJoin } from "../pairing/joiner.ts";
import { RelayLink } from "../relay/relay-link.ts";
import { failingStorage, type FailingStorage } from "./failing-storage.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import { memoryRelay, type MemoryRelay } from "./memory-relay.ts";
import { settle } from "./relay-world.ts";
import { seededRandom } from "./seeded-random.ts";
import { bookOf, testDevice, type TestDevice } from "./test-device.ts";
import { testHost } from "./test-host.ts";

export interface PairingDevice {
  readonly device: TestDevice;
  readonly storage: FailingStorage;
  readonly book: LogBook;
  readonly self: PairingSelf;
  readonly link: RelayLink;
  /** What its person was asked. */
  readonly asked: PairingPeer[];
}

export interface PairingRelay extends MemoryRelay {
  /** What the relay passes on in place of a frame's bytes. */
  pass: (bytes: Uint8Array, from: string) => readonly Uint8Array[];
}

export interface PairingWorld {
  readonly clock: ManualClock;
  readonly relay: PairingRelay;
  /** A device in a circle of `members`; the others of it exist on paper alone. */
  device(
    name: string,
    over?: {
      readonly members?: number;
      readonly role?: DeviceRole;
      readonly scope?: NamespaceId;
    },
  ): Promise<PairingDevice>;
  invite(of: PairingDevice, over?: Partial<InviteOptions>): PendingInvitation;
  join(of: PairingDevice, text: string, over?: Partial<JoinOptions>): PendingJoin;
  /** All that can happen without time passing has happened. */
  settle(): Promise<void>;
  /** How each ends: the name of the new member, or the code of the error. Time passes as long as one is open. */
  outcomes(...pending: readonly { readonly done: Promise<Member> }[]): Promise<string[]>;
}

const SYNC_SERVICE = "wss://sync.example.org";
/** More than any pairing takes. */
const PATIENCE_MS: number = 30 * 60_000;
const STEP_MS = 1000;

/** The same seed gives the same keys and messages. */
export const pairingWorld = (
  seed: number,
  crypto: PeerPrimitives = noblePeerPrimitives,
): PairingWorld => {
  const clock = manualClock();
  const relay: PairingRelay = Object.assign(memoryRelay(clock), {
    pass: (bytes: Uint8Array): readonly Uint8Array[] => [bytes],
  });
  relay.onData = (bytes, from, on) => {
    for (const one of relay.pass(bytes, from)) on(one);
  };
  const random = seededRandom(seed);
  let devices = 0;

  const settleAll = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await settle();
  };

  const yes = (of: PairingDevice) => async (peer: PairingPeer) => {
    of.asked.push(peer);
    return true;
  };

  return {
    clock,
    relay,
    async device(name, { members = 1, role = "store", scope } = {}) {
      devices += 1;
      const device = testDevice(random, name, crypto);
      const storage = failingStorage();
      const book = await bookOf(device, { crypto, storage, clock, role, scope });
      for (let other = 1; other < members; other += 1)
        await book.admit(testDevice(random, `${name} ${other}`, crypto).record, "store");
      const host = testHost({ seed: seed * 100 + devices, clock });
      const { channelKey } = device;
      const self = { host, crypto, channelKey, own: device, book, role, scope };
      const link = new RelayLink({
        host,
        openSocket: relay.openSocket(name),
        url: "ws://127.0.0.1:1/",
      });
      return { device, storage, book, self, link, asked: [] };
    },
    invite: (of, over) =>
      invite(of.self, { link: of.link, syncService: SYNC_SERVICE, confirm: yes(of), ...over }),
    join(of, text, over) {
      const { secret } = decodeInvitation(crypto, text);
      return join(of.self, { link: of.link, secret, timeoutMs: 20_000, confirm: yes(of), ...over });
    },
    settle: settleAll,
    async outcomes(...pending) {
      const results: (string | undefined)[] = pending.map(() => undefined);
      for (const [index, { done }] of pending.entries()) {
        done.then(
          ({ name }) => (results[index] = name),
          ({ code }: MasqError) => (results[index] = code),
        );
      }
      await settleAll();
      for (let passed = 0; results.includes(undefined); passed += STEP_MS) {
        if (passed > PATIENCE_MS) throw new Error(`still open: ${results.join()}`);
        clock.advance(STEP_MS);
        await settleAll();
      }
      return results as string[];
    },
  };
};
