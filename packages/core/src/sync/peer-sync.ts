/**
 * One session between two devices over an ordered channel of messages: hello, the device log, then an offer for each
 * namespace both may share, and for each of those a machine (namespace-sync.ts). The namespaces take turns; none has more than one message
 * waiting. Whatever goes wrong ends the session and nothing else: the next one heals from vectors and progress.
 */
import { compareBytes } from "../bytes/bytes.ts";
import type { NamespaceId, ReplicaId } from "../data/ids.ts";
import type { VersionVector } from "../data/version-vector.ts";
import { toMasqError } from "../defects.ts";
import { MasqError } from "../errors.ts";
import type { Clock } from "../host.ts";
import { Bundler } from "./bundler.ts";
import { decodeBundle, invalid } from "./decode.ts";
import { MAX_OFFERS, PORTIONS, SYNC_VERSIONS, WINDOW, type Portions } from "./limits.ts";
import { Inbox } from "./inbox.ts";
import { LogExchange, type SharedLog } from "./log-exchange.ts";
import {
  encodeMessage,
  type Hello,
  type Incoming,
  type NamespaceMessage,
  type Offer,
  type Outgoing,
} from "./messages.ts";
import { NamespaceRunner, type NamespaceStatus } from "./namespace-runner.ts";
import type { Table } from "./namespace-sync.ts";
import type { SyncNamespace } from "./sync-namespace.ts";

/** An ordered, reliable channel of whole messages. Its owner calls `message`, `writable` and `closed` of the session. */
export interface MessageChannel {
  /** False: take no more until `writable`. */
  send(message: Uint8Array): boolean;
  close(): void;
}

export interface PeerSyncOptions {
  readonly clock: Clock;
  /** Who we are, for the other device: opaque here. */
  readonly hello: Pick<Hello, "features" | "info">;
  /** The same object for all sessions of a device. */
  readonly log: SharedLog;
  /** The device at the other end: only it may offer replicas of its own here. */
  readonly peerDevice: Uint8Array;
  /** Namespaces to offer; asked when the device log has been exchanged, and by `reconsider`. */
  readonly namespaces: () => Promise<readonly NamespaceId[]>;
  /**
   * Whether this peer may have the namespace, and we want it from them. Asked when the device log has been exchanged, and
   * again for each offer of either side; what was once taken up stays for the rest of the session.
   */
  readonly shares: (namespace: NamespaceId) => boolean;
  /** The same object for all sessions of a device. */
  readonly open: (namespace: NamespaceId) => Promise<SyncNamespace>;
  /**
   * The other side speaks first, as the initiator of a channel does: our hello then leaves together with the offers its hello
   * allows. Default: false.
   */
  readonly speaksSecond?: boolean;
  readonly met?: (hello: Hello) => void;
  /** Called once; without an error when the channel was closed. */
  readonly ended: (error: MasqError | undefined) => void;
  readonly rewritten?: (namespace: NamespaceId, count: number) => void;
  /** The peer knows of more writes of our replica than it does itself: it has to succeed itself (docs/sync.md, "Rollback"). */
  readonly outrun?: (namespace: NamespaceId) => void;
  /** What `status` says may differ. Called often; must not throw. */
  readonly progressed?: () => void;
  /** Default: PORTIONS. */
  readonly portions?: Portions;
  /** For tests of the rules: another table of transitions. */
  readonly table?: Table;
}

/** Messages of a namespace that may come while it is being opened. */
const MAX_EARLY = WINDOW + 2;

interface Shared {
  readonly namespace: NamespaceId;
  readonly number: number;
  runner: NamespaceRunner | undefined;
  sync: SyncNamespace | undefined;
  readonly early: NamespaceMessage[];
}

export class PeerSync {
  readonly #channel: MessageChannel;
  readonly #options: PeerSyncOptions;
  readonly #inbox: Inbox;
  readonly #log: LogExchange;
  readonly #shared = new Map<NamespaceId, Shared>();
  /** What the peer has offered, by its numbers; of offers we do not answer nothing else is kept, or memory had no bound. */
  readonly #offers = new Map<number, NamespaceId>();
  readonly #offered = new Set<NamespaceId>();
  readonly #queue: Shared[] = [];
  readonly #bundler: Bundler;
  #hasMet = false;
  /** What we say waits until we know what can leave with it. */
  #isSilent: boolean;
  /** Namespaces that are being opened, and questions for which there are. */
  #openings = 0;
  #isEnded = false;
  #isPumping = false;

  constructor(channel: MessageChannel, options: PeerSyncOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#inbox = new Inbox(
      (bytes) => this.#take(bytes),
      (error) => this.#end(toMasqError(error)),
    );
    const { portions = PORTIONS, speaksSecond = false } = options;
    this.#isSilent = speaksSecond;
    this.#bundler = new Bundler(portions.bundleBytes, (bundle) => channel.send(bundle));
    this.#log = new LogExchange(options.log, {
      send: (message) => this.#send(message),
      opened: () => this.reconsider(),
    });
    const { headsHash } = this.#log;
    this.#send({ type: "hello", versions: SYNC_VERSIONS, ...options.hello, logHeads: headsHash });
    // At once: the first record of the session then carries it.
    if (!speaksSecond) this.#bundler.flush();
  }

  /** The other device's hello, its log, its place in a stream or an acknowledgement is still to come. */
  get awaitsAnswer(): boolean {
    if (!this.#hasMet || !this.#log.isOpen) return true;
    return [...this.#shared.values()].some(({ runner }) => runner?.awaitsAnswer === true);
  }

  message(bytes: Uint8Array): void {
    if (!this.#isEnded) this.#inbox.push(bytes);
  }

  /** The channel has room again. */
  writable(): void {
    this.#bundler.hasRoom = true;
    this.#pump();
  }

  /** The channel is gone. */
  closed(): void {
    this.#end(undefined);
  }

  /** Offers a namespace that is new, or has become shared; ends the session if an offer of the peer was left unanswered. */
  offer(namespace: NamespaceId): void {
    this.#offer(namespace, undefined);
  }

  #offer(namespace: NamespaceId, theirs: Offer | undefined): void {
    if (!this.#log.isOpen || this.#isEnded || this.#shared.has(namespace)) return;
    if (!this.#options.shares(namespace) || this.#shared.size >= MAX_OFFERS) return;
    // The next session brings it again.
    if (theirs === undefined && this.#offered.has(namespace)) return this.#end(undefined);
    const shared: Shared = {
      namespace,
      number: this.#shared.size,
      runner: undefined,
      sync: undefined,
      early: theirs === undefined ? [] : [theirs],
    };
    this.#shared.set(namespace, shared);
    this.#whileOpening(this.#openShared(shared));
  }

  /**
   * Offers every namespace that is shared now and was not: for when preferences have changed. If the peer has offered one of
   * them already, the session ends and the next one brings both offers. To cease sharing one, end the session and begin
   * another.
   */
  reconsider(): void {
    if (!this.#log.isOpen || this.#isEnded) return;
    for (const namespace of this.#offered) this.offer(namespace);
    const offerAll = async (): Promise<void> => {
      for (const namespace of await this.#options.namespaces()) this.offer(namespace);
    };
    this.#whileOpening(offerAll());
  }

  status(): Map<NamespaceId, NamespaceStatus> {
    const all = new Map<NamespaceId, NamespaceStatus>();
    for (const { namespace, runner } of this.#shared.values()) {
      if (runner !== undefined) all.set(namespace, runner.status);
    }
    return all;
  }

  /** What each other replica of the namespace is known to hold durably. */
  acknowledged(namespace: NamespaceId): Map<ReplicaId, VersionVector> {
    return this.#shared.get(namespace)?.sync?.acknowledged() ?? new Map();
  }

  #whileOpening(task: Promise<void>): void {
    this.#openings += 1;
    task.then(
      () => {
        this.#openings -= 1;
        if (this.#openings === 0) this.#speak();
      },
      (error: unknown) => this.#end(toMasqError(error)),
    );
  }

  #speak(): void {
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#pump();
  }

  async #openShared(shared: Shared): Promise<void> {
    const sync = await this.#options.open(shared.namespace);
    const own = await sync.replica.state();
    if (this.#isEnded) return;
    shared.sync = sync;
    const { clock, peerDevice, rewritten, outrun, progressed, table } = this.#options;
    const { portions = PORTIONS } = this.#options;
    shared.runner = new NamespaceRunner(sync, own, {
      clock,
      peerDevice,
      number: shared.number,
      send: (message) => this.#send(message),
      changed: () => {
        this.#enqueue(shared);
        progressed?.();
      },
      failed: (error) => this.#end(error),
      rewritten: (count) => rewritten?.(shared.namespace, count),
      outrun: () => outrun?.(shared.namespace),
      portions,
      ...(table && { table }),
    });
    for (const message of shared.early.splice(0)) this.#pass(shared, message);
  }

  /** A promise holds up the messages behind. */
  #take(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isEnded) return undefined;
    return this.#takeEach(decodeBundle(bytes));
  }

  #takeEach(messages: readonly Incoming[]): Promise<void> | undefined {
    for (const [index, message] of messages.entries()) {
      if (this.#isEnded) return undefined;
      if (message.type === "log") {
        const rest = messages.slice(index + 1);
        return this.#log.take(message).then(() => this.#takeEach(rest));
      }
      if (message.type === "hello") this.#meet(message);
      else this.#receive(message);
    }
    return undefined;
  }

  #meet(hello: Hello): void {
    if (this.#hasMet) invalid("a second hello");
    const [low, high] = hello.versions;
    if (low > SYNC_VERSIONS[1] || high < SYNC_VERSIONS[0]) {
      throw new MasqError(
        "MASQ_MESSAGE_INVALID",
        "The other device speaks another version of synchronisation. Bring Masq on both devices up to date.",
      );
    }
    this.#hasMet = true;
    this.#options.met?.(hello);
    this.#log.meet(hello.logHeads);
    // Otherwise the first offers are on their way.
    if (!this.#log.isOpen) this.#speak();
    this.#pump();
  }

  #receive(message: NamespaceMessage): void {
    if (!this.#log.isOpen) invalid("a message before the device log");
    if (message.type === "offer") this.#keepOffer(message);
    const namespace =
      this.#offers.get(message.number) ?? invalid("a namespace that was not offered");
    const shared = this.#shared.get(namespace);
    if (shared !== undefined) this.#pass(shared, message);
    // An offer we do not take up stays without an answer, so nothing else may follow it.
    else if (message.type === "offer") this.#offer(namespace, message);
    else if (message.type !== "announce") invalid("a namespace that is not shared");
  }

  #keepOffer(offer: Offer): void {
    const { number, namespace } = offer;
    if (this.#offered.has(namespace) || this.#offers.has(number)) invalid("a second offer");
    const isTheirs = offer.announcements.some(
      ({ replica, device, isVouched }) =>
        replica === offer.replica &&
        !isVouched &&
        compareBytes(device, this.#options.peerDevice) === 0,
    );
    if (!isTheirs) invalid("an offer of another device's replica");
    this.#offers.set(number, namespace);
    this.#offered.add(namespace);
  }

  #pass(shared: Shared, message: NamespaceMessage): void {
    if (shared.runner !== undefined) shared.runner.receive(message);
    else if (shared.early.push(message) > MAX_EARLY) invalid("too much before its time");
  }

  #enqueue(shared: Shared): void {
    if (this.#isEnded) return;
    if (shared.runner?.wantsTurn === true && !this.#queue.includes(shared))
      this.#queue.push(shared);
    this.#pump();
  }

  /** In a later microtask, so that all commits of one flush share a message, and what is said of several a bundle. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      if (this.#isEnded) return;
      this.#giveTurns();
      if (!this.#isEnded && !this.#isSilent) this.#bundler.flush();
    });
  }

  #giveTurns(): void {
    while (this.#bundler.hasRoom && !this.#isEnded && this.#log.turn());
    // One page is read at a time: memory stays bounded however many namespaces there are.
    const isReading = (): boolean =>
      [...this.#shared.values()].some(({ runner }) => runner?.isReading === true);
    while (this.#bundler.hasRoom && !this.#isEnded && !isReading()) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      // It goes back to the end of the queue by itself if it wants more.
      if (next.runner?.wantsTurn === true) next.runner.turn();
    }
  }

  #send(message: Outgoing): void {
    if (this.#isEnded) return;
    this.#bundler.add(encodeMessage(message));
    this.#pump();
  }

  #end(error: MasqError | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#inbox.close();
    this.#log.close();
    for (const { runner, sync } of this.#shared.values()) {
      runner?.close();
      // Lost, it would be learnt again from the next offers.
      sync?.save().catch(() => {});
    }
    this.#channel.close();
    this.#options.ended(error);
  }
}
