/**
 * Devices of an owner's own circle that have gone bad: their keys and their place in the device log are real, so that the
 * victim lets them in; what they say after that is up to the test.
 */
import { fromHex, memoryStorage, type NamespaceId, type ReplicaId } from "@masq/core";
import {
  decodeInvitation,
  join,
  loadDeviceKeys,
  LogBook,
  PeerConnector,
  signRecord,
  type DeviceKeys,
  type DeviceRecord,
  type MessageChannel,
  type SessionOwner,
} from "@masq/core/peer";
import { RelayLink } from "@masq/core/relay";
import { collector } from "@masq/core/testing";
import { nodeHost, nodePeerPrimitives, openWebSocket } from "@masq/node";
import { onTestFinished } from "vitest";
import { announceReplica } from "../../packages/core/src/membership/replica-announcement.ts";
import { decodeBundle } from "../../packages/core/src/sync/decode.ts";
import {
  encodeMessage,
  type Announcement,
  type Incoming,
  type Log,
  type Offer,
  type Outgoing,
} from "../../packages/core/src/sync/messages.ts";
import { within } from "./raw-app.ts";

const DEVICES = "masq:devices" as NamespaceId;

type Of<Type extends Incoming["type"]> = Extract<Incoming, { readonly type: Type }>;

/** A session with the victim in which the device log has been exchanged as it should. */
export interface Talk {
  /** The victim's offers of its namespaces come with it. */
  offered(namespace: string): Promise<Offer>;
  say(...messages: readonly (Outgoing | Uint8Array)[]): void;
  /** The first message of a type that fits, whenever it came. */
  heard<Type extends Incoming["type"]>(
    type: Type,
    isWanted?: (message: Of<Type>) => boolean,
  ): Promise<Of<Type>>;
  /** Resolves when the session is over. */
  readonly ended: Promise<void>;
}

export interface BadMember {
  /** The same in every namespace: nobody minds. */
  readonly replica: ReplicaId;
  announcement(namespace: string, replica?: ReplicaId): Announcement;
  /** Begins a session with the victim; it and the connection last as long as the test. */
  talk(): Promise<Talk>;
}

export interface BadCircle {
  /** One after the other: a device makes one that has just failed wait, but not the next. */
  next(): BadMember;
  /** What the members know of the circle. */
  readonly book: LogBook;
}

class TalkOwner implements SessionOwner, Talk {
  readonly awaitsAnswer = false;
  readonly ended: Promise<void>;
  readonly #channel: MessageChannel;
  readonly #incoming = collector<Incoming>();
  readonly #queue: Uint8Array[] = [];
  #hasRoom = true;
  #end: () => void = () => {};

  constructor(channel: MessageChannel) {
    this.#channel = channel;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  message(bytes: Uint8Array): void {
    for (const message of decodeBundle(bytes)) this.#incoming.push(message);
  }

  writable(): void {
    this.#hasRoom = true;
    this.#pump();
  }

  closed(): void {
    this.#queue.length = 0;
    this.#hasRoom = false;
    this.#end();
  }

  say(...messages: readonly (Outgoing | Uint8Array)[]): void {
    for (const message of messages)
      this.#queue.push(message instanceof Uint8Array ? message : encodeMessage(message));
    this.#pump();
  }

  async heard<Type extends Incoming["type"]>(
    type: Type,
    isWanted: (message: Of<Type>) => boolean = () => true,
  ): Promise<Of<Type>> {
    const isFound = (message: Incoming): boolean =>
      message.type === type && isWanted(message as Of<Type>);
    const all = await this.#incoming.until((items) => items.some(isFound), type);
    return all.find(isFound) as Of<Type>;
  }

  offered(namespace: string): Promise<Offer> {
    return this.heard("offer", (offer) => offer.namespace === namespace);
  }

  /** Says hello and exchanges the device log, as every member does. */
  async greet(book: LogBook): Promise<void> {
    const { headsHash } = book;
    const versions = [1, 1] as const;
    const info = new Uint8Array();
    this.say({ type: "hello", versions, features: 0, info, logHeads: headsHash });
    const { logHeads } = await this.heard("hello");
    if (Buffer.compare(logHeads, headsHash) === 0) return;
    this.say({ type: "log", items: book.operations, isLast: true });
    const { items }: Log = await this.heard("log");
    await book.add(items);
  }

  #pump(): void {
    while (this.#hasRoom) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      this.#hasRoom = this.#channel.send(message);
    }
  }
}

const crypto = nodePeerPrimitives;

const newKeys = (): Promise<DeviceKeys> =>
  loadDeviceKeys(crypto, nodeHost.random, memoryStorage(), DEVICES);

const recordOf = (keys: DeviceKeys) =>
  signRecord(crypto, keys.identitySeed, {
    identityKey: keys.identityKey,
    channelKey: keys.channelKey.publicKey,
    kemKey: keys.kemKey,
    name: "Bad",
    syncServices: [],
  });

export interface BadCircleOptions {
  /** An invitation of the victim's. */
  readonly link: string;
  readonly syncService: string;
  readonly count: number;
  /** For the circle of one app: its namespace. */
  readonly scope?: NamespaceId;
}

/** The victim comes into a circle of so many bad members, by an invitation of its own owner. */
export const joinBadCircle = async ({
  link,
  syncService,
  count,
  scope,
}: BadCircleOptions): Promise<BadCircle> => {
  const role = scope === undefined ? "store" : "app";
  const all = await Promise.all(Array.from({ length: count }, newKeys));
  const [leader, ...others] = all as [DeviceKeys, ...DeviceKeys[]];
  const { id, identitySeed, channelKey } = leader;
  const own = { id, identitySeed, record: recordOf(leader) };
  const book = await LogBook.open({
    crypto,
    clock: nodeHost.clock,
    storage: memoryStorage(),
    namespace: DEVICES,
    own,
    role,
    ...(scope && { scope }),
  });
  for (const keys of others) await book.admit(recordOf(keys), role, scope);
  const openLink = (): RelayLink => {
    const link = new RelayLink({ host: nodeHost, openSocket: openWebSocket, url: syncService });
    onTestFinished(() => link.close());
    return link;
  };
  const { secret } = decodeInvitation(crypto, link);
  const self = { host: nodeHost, crypto, channelKey, own, book, role, scope } as const;
  const joining = join(self, {
    link: openLink(),
    secret,
    timeoutMs: 20_000,
    confirm: async () => true,
  });
  const { record } = await joining.done;
  let given = 0;
  return {
    book,
    next: () => {
      given += 1;
      return badMember(all[given] as DeviceKeys, { record, book, syncService, openLink });
    },
  };
};

interface Circumstances {
  /** The victim's. */
  readonly record: DeviceRecord;
  readonly book: LogBook;
  readonly syncService: string;
  readonly openLink: () => RelayLink;
}

const badMember = (
  keys: DeviceKeys,
  { record, book, syncService, openLink }: Circumstances,
): BadMember => {
  const replica = Buffer.from(nodeHost.random(8)).toString("hex") as ReplicaId;
  return {
    replica,
    announcement: (namespace, announced = replica) =>
      announceReplica(crypto, keys, namespace as NamespaceId, announced),
    talk: async () => {
      const { promise, resolve } = Promise.withResolvers<TalkOwner>();
      const connector = new PeerConnector({
        host: nodeHost,
        crypto,
        own: { id: fromHex(keys.id), key: keys.channelKey },
        remote: { id: fromHex(record.id), key: record.channelKey },
        logHeads: () => book.headsHash,
        opened: (channel) => {
          const owner = new TalkOwner(channel);
          resolve(owner);
          return owner;
        },
      });
      onTestFinished(() => connector.close());
      connector.addRelay(openLink(), syncService);
      const talk = await within(60_000, "a session", promise);
      await talk.greet(book);
      return talk;
    },
  };
};
