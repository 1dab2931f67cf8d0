/** A device of the simulation: a disk that stays, and what runs on it until the next crash. */
import type { SessionOwner } from "../../connect/options.ts";
import { sha256Device } from "./sim-announcements.ts";
import type { Dot } from "../../data/dot.ts";
import type { Clock, Host } from "../../host.ts";
import { memoryStorage } from "../../memory-storage.ts";
import { Replica } from "../../replica/replica.ts";
import type { succeedAll } from "../../replica/succession.ts";
import type { Operation } from "../../replica/commit.ts";
import { noblePrimitives } from "../../crypto/noble.ts";
import { HASH_BYTES } from "../../crypto/primitives.ts";
import { updateDigest } from "../../data/digest.ts";
import type { Row, Storage } from "../../storage.ts";
import type { Table } from "../../sync/namespace-sync.ts";
import type { Announcement } from "../../sync/messages.ts";
import { PeerSync, type MessageChannel } from "../../sync/peer-sync.ts";
import { SyncNamespace } from "../../sync/sync-namespace.ts";
import type { MasqError } from "../../errors.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { MAPS } from "../storage-samples.ts";
import { testHost } from "../test-host.ts";
import type { History } from "./history.ts";
import type { SimLink } from "./sim-link.ts";
import { copyOfDisk, simStorage } from "./sim-storage.ts";
import type { Timeline } from "./timeline.ts";
import { announcementOf, isAnnouncement } from "./sim-announcements.ts";
import { SimLog } from "./sim-log.ts";

export interface SimWorld {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly history: History;
  readonly table?: Table | undefined;
  readonly alter?: ((row: Row) => Row) | undefined;
  /** A device knows at its start that its disk was put back. */
  readonly noticesCopies: boolean;
  /** What it does then. */
  readonly succeedAll: typeof succeedAll;
  /** A promise was broken, or something failed that never may. */
  readonly report: (error: unknown) => void;
}

/** What lives until a crash. */
interface Run {
  isAlive: boolean;
  readonly storage: Storage;
  readonly replica: Promise<Replica>;
  readonly namespace: Promise<SyncNamespace>;
  /** Undefined while it is being opened. */
  log: SimLog | undefined;
  readonly host: Host;
  readonly links: Set<SimLink>;
  isSucceeding: boolean;
  readonly syncs: Map<string, PeerSync>;
}

const YEAR_MS = 365 * 24 * 3_600_000;

export class SimDevice {
  readonly name: string;
  readonly id: Uint8Array;
  disk: Storage = memoryStorage();
  /** Of its disk, at some earlier moment. */
  copy: Storage | undefined;
  /** Flushes fail one in so many; 0 for never. */
  failsOneIn = 0;
  /** It has had so many. */
  sessions = 0;
  /** Side effects until the next crash. */
  effectsLeft: number = Infinity;
  readonly #world: SimWorld;
  #wallOffset = 0;
  /** Its disk is not the one of its last start. */
  #isElsewhere = false;
  #run: Run | undefined;
  readonly #tokens = new Map<string, string[]>();

  constructor(name: string, world: SimWorld) {
    this.name = name;
    this.id = sha256Device(name);
    this.#world = world;
    this.turnClock();
  }

  get isRunning(): boolean {
    return this.#run?.isAlive === true;
  }

  /** Ready for sessions. */
  get isReady(): boolean {
    return this.isRunning && this.#run?.log !== undefined;
  }

  /** Of its log; zeros while that is not open. */
  get headsHash(): Uint8Array {
    return this.#run?.log?.headsHash ?? new Uint8Array(HASH_BYTES);
  }

  /** The running device's; its timers end with it. */
  get host(): Host | undefined {
    return this.#run?.host;
  }

  /** Until the next crash. */
  reachedBy(link: SimLink): void {
    this.#run?.links.add(link);
  }

  /** Its wall clock is years wrong, in either direction. */
  turnClock(): void {
    this.#wallOffset = (this.#world.random.int(7) - 3) * YEAR_MS + this.#world.random.int(1000);
  }

  start(): void {
    const { timeline, random } = this.#world;
    const run: { isAlive: boolean } = { isAlive: true };
    const effect = (): boolean => this.#effect(run);
    const clock: Clock = {
      now: () => 1_795_392_000_000 + this.#wallOffset + timeline.now,
      monotonic: () => timeline.now,
      setTimer: (delayMs, task) => {
        let isWanted = true;
        timeline.after(delayMs, () => {
          if (isWanted && run.isAlive) task();
        });
        return () => {
          isWanted = false;
        };
      },
    };
    const disk = this.disk;
    const { history } = this.#world;
    const storage = simStorage({
      disk,
      timeline,
      random,
      effect,
      alter: this.#world.alter,
      failsOneIn: this.failsOneIn,
      flushed: async (before, change) => {
        try {
          history.record(disk, before, change);
          if ((change.notes ?? []).some(([, note]) => note?.[2] === 0x82))
            history.hasScanned = true;
          if (opened !== undefined) history.checkAcknowledged(opened.acknowledged(), this.name);
          if (change.state === undefined) return;
          await history.checkClaims(disk, this.name);
          await history.checkBatches(disk, change.add ?? [], this.name);
        } catch (error) {
          this.#world.report(error);
        }
      },
    });
    let opened: SyncNamespace | undefined;
    const host: Host = { ...testHost({ seed: random.int(2 ** 31), clock }) };
    const replica = this.#patiently(run, async () => {
      if (this.#isElsewhere) await this.#world.succeedAll(host, storage);
      this.#isElsewhere = false;
      return Replica.open(host, storage, MAPS);
    });
    const log = this.#patiently(run, () => SimLog.open(storage, this.id));
    const namespace = replica.then(async (kept) => {
      const members = await log;
      const own = (id: Replica["id"]): Announcement => announcementOf(id, this.id);
      const verify = (announcement: Announcement): boolean =>
        isAnnouncement(announcement) && members.isMember(announcement.device);
      // What its sessions have offered is no longer its own.
      kept.onSucceeded(() => {
        for (const link of fresh.links) link.restart();
      });
      opened = await SyncNamespace.open(kept, { device: this.id, own, verify });
      return opened;
    });
    const fresh: Run = Object.assign(run, {
      log: undefined,
      storage,
      replica,
      namespace,
      host,
      links: new Set<SimLink>(),
      isSucceeding: false,
      syncs: new Map<string, PeerSync>(),
    });
    void log.then((ready) => {
      fresh.log = ready;
    });
    this.#run = fresh;
  }

  /** All that runs is gone; what was flushed stays. */
  crash(): void {
    const run = this.#run;
    if (run === undefined || !run.isAlive) return;
    run.isAlive = false;
    for (const link of run.links) link.cut();
    this.effectsLeft = Infinity;
  }

  /** Crashes, and comes back with an empty disk. */
  wipe(): void {
    this.crash();
    this.disk = memoryStorage();
    this.#tokens.clear();
  }

  /** Keeps a copy of what is durable, as a backup does. */
  async keepCopy(): Promise<void> {
    const copy = await copyOfDisk(this.disk);
    this.#world.history.copied(this.disk, copy);
    this.copy = copy;
  }

  /** Crashes, and comes back with the copy for its disk; whether it notices is the world's choice. */
  putBack(): void {
    if (this.copy === undefined) return;
    this.crash();
    this.disk = this.copy;
    this.copy = undefined;
    if (this.#world.noticesCopies) this.#isElsewhere = true;
    else this.#world.history.hasUnnoticed = true;
  }

  /** Crashes over a fault of its disk: some of its rows are lost, some have another value. */
  async damage(): Promise<void> {
    this.crash();
    const { random, history } = this.#world;
    const rows = await this.disk.arrivals(MAPS, 0, Infinity, Infinity);
    const remove = rows.filter(() => random.int(3) === 0);
    const add = remove
      .filter(() => random.int(2) === 0)
      .map((row): Row => ({ ...row, value: random.bytes(4) }));
    for (const { key } of remove) history.doubtfulKeys.add(key);
    await this.disk.update(MAPS, {}, ({ state }) => {
      if (state === undefined) return { result: undefined };
      // As if counted again: a digest that does not fit its own rows could never agree with anyone.
      const digest = updateDigest(noblePrimitives, state.digest, remove, add);
      return { remove, add, state: { ...state, digest }, result: undefined };
    });
  }

  /** Speaks with `peer` over a channel, which is to be told what comes; undefined if the device does not run. */
  session(
    channel: MessageChannel,
    peer: SimDevice,
    speaksSecond: boolean,
    ended: (error?: MasqError) => void,
  ): SessionOwner | undefined {
    const run = this.#run;
    const { random } = this.#world;
    const log = run?.log;
    let isOutrun = false;
    if (run === undefined || log === undefined || !run.isAlive) return undefined;
    const sync = new PeerSync(channel, {
      clock: run.host.clock,
      hello: { features: 0, info: new Uint8Array() },
      log,
      peerDevice: peer.id,
      speaksSecond,
      namespaces: async () => [MAPS],
      shares: () => true,
      open: () => run.namespace,
      outrun: () => {
        isOutrun = true;
        void this.#succeed(run).catch(() => {});
      },
      ended: (error) => {
        if (run.syncs.get(peer.name) === sync) run.syncs.delete(peer.name);
        // Whoever is outrun says that the peer has broken the rules, as it cannot tell.
        ended(isOutrun ? undefined : error);
      },
      // Small ones, so that a cut can come anywhere.
      portions: {
        page: { limit: 1 + random.int(4), bytes: 1 + random.int(60) },
        messageBytes: 1 + random.int(300),
        bundleBytes: 64,
      },
      ...(this.#world.table && { table: this.#world.table }),
    });
    run.syncs.set(peer.name, sync);
    this.sessions += 1;
    const ifAlive = (task: () => void): void => {
      if (run.isAlive) task();
    };
    return {
      get awaitsAnswer() {
        return run.isAlive && sync.awaitsAnswer;
      },
      message: (bytes) => ifAlive(() => sync.message(bytes)),
      writable: () => ifAlive(() => sync.writable()),
      closed: () => ifAlive(() => sync.closed()),
    };
  }

  /** Effects of the running device, for the links. */
  get effect(): () => boolean {
    const run = this.#run;
    return () => run !== undefined && this.#effect(run);
  }

  statusTo(peer: SimDevice): { verified: boolean; toSend: number | undefined } {
    const status = this.#run?.syncs.get(peer.name)?.status().get(MAPS);
    return { verified: status?.verifiedSince !== undefined, toSend: status?.toSend };
  }

  async write(operations: readonly Operation[]): Promise<void> {
    const run = this.#run;
    if (run === undefined || !run.isAlive) return;
    const replica = await run.replica;
    try {
      const { dots } = await replica.write(operations);
      this.#world.history.acknowledge(dots as readonly (Dot | undefined)[]);
    } catch {
      // Not acknowledged: nobody relies on it.
    }
  }

  /** Says something new in the device log. */
  async speak(): Promise<void> {
    try {
      await this.#run?.log?.issue(this.id);
    } catch {
      // The disk is full.
    }
  }

  /** Keeps what an app would see of the key now, for a later write. */
  async look(key: string): Promise<void> {
    const run = this.#run;
    if (run === undefined || !run.isAlive) return;
    const { version } = await (await run.replica).get(key);
    this.#tokens.set(key, [...(this.#tokens.get(key) ?? []), version].slice(-4));
  }

  seen(key: string): string | undefined {
    const tokens = this.#tokens.get(key) ?? [];
    return tokens.length === 0 ? undefined : this.#world.random.pick(tokens);
  }

  /** Several peers may know more of its writes at once; should it fail, the next session asks for it again. */
  async #succeed(run: Run): Promise<void> {
    if (run.isSucceeding) return;
    run.isSucceeding = true;
    try {
      await (await run.replica).succeed();
    } finally {
      run.isSucceeding = false;
    }
  }

  #effect(run: { isAlive: boolean }): boolean {
    if (!run.isAlive) return false;
    this.effectsLeft -= 1;
    if (this.effectsLeft > 0) return true;
    this.crash();
    return false;
  }

  /** A device that cannot even open its replica tries again. */
  async #patiently<Result>(
    run: { isAlive: boolean },
    attempt: () => Promise<Result>,
  ): Promise<Result> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!run.isAlive) throw error;
      }
    }
  }
}
