/**
 * The tabs of one origin and who of them holds the data. A Web Lock decides: its owner is the holder, the others stand in
 * line for it and follow the holder over channels between tabs. Three things end a holder: it closes or freezes and gives
 * the lock back, it crashes and the browser does, or it says nothing to who connects or calls and the lock is taken from it
 * (what it still believes to hold is fenced, see fenced-storage.ts). docs/architecture.md, "Tabs".
 *
 * On the channel of all tabs: `{ connect: id }` asks the holder for a connection, or whether it is still there,
 * `{ accepted: id, by }` says that it is at the channel of that id and holder, `{ holder }` that there is a new one.
 */
import { MasqError, toHex, type Host, type Socket } from "@masq/core";
import { aborted } from "../link/link-errors.ts";
import type { Holder } from "./holder.ts";
import { HolderWatch } from "./holder-watch.ts";
import { connectTo, seatClosed, type Seat } from "./seat.ts";
import { TabSocket, type TabChannel } from "./tab-socket.ts";

/** A holder that does not even say that it is there for so long is frozen, or hangs. */
const SILENCE_MS = 3_000;
const ID_BYTES = 16;

export interface TabsOptions {
  /** The same in all tabs that have the same data, and in no others. */
  readonly name: string;
  readonly host: Pick<Host, "clock" | "random">;
  readonly locks: Pick<LockManager, "request">;
  readonly openChannel: (name: string) => TabChannel;
  /** Tells when this page is about to be frozen and when it goes on. The returned function ends that. */
  readonly onFreeze: (frozen: () => void, thawed: () => void) => () => void;
  /** Opens the data; `lost` is to be called when another tab turns out to have them. */
  readonly start: (lost: () => void) => Promise<Holder>;
}

interface Held {
  /** Hexadecimal, random: tells this time of holding from all others. */
  readonly token: string;
  readonly holder: Promise<Holder>;
  /** Gives the lock back. */
  readonly release: () => void;
  /** Ids that are served, or are to be once the data are open. */
  readonly served: Set<string>;
}

interface Waiter {
  /** Something happened that may let it connect: a holder is there. */
  readonly changed: () => void;
  readonly accepted: (id: string, by: string) => void;
}

export class Tabs implements Seat {
  readonly #options: TabsOptions;
  readonly #channel: TabChannel;
  readonly #waiters = new Set<Waiter>();
  /** Connections to the holder in another tab, by their ids. */
  readonly #following = new Map<string, TabSocket>();
  readonly #watch: HolderWatch;
  readonly #endFreeze: () => void;
  #held: Held | undefined;
  /** Of the place in line; undefined while there is none. */
  #leaveLine: AbortController | undefined;
  /** Why this tab is neither holder nor in line. */
  #failure: { readonly reason: unknown } | undefined;
  #isFrozen = false;
  #isClosed = false;
  #closing: Promise<unknown> = Promise.resolve();

  constructor(options: TabsOptions) {
    this.#options = options;
    this.#channel = options.openChannel(options.name);
    this.#channel.onmessage = ({ data }) => this.#heard(data);
    this.#watch = new HolderWatch({
      clock: options.host.clock,
      ask: () => this.#askAgain(),
      silent: () => this.#steal(),
    });
    this.#endFreeze = options.onFreeze(
      () => this.#freeze(),
      () => this.#thaw(),
    );
    this.#standInLine();
  }

  async connect(signal: AbortSignal | undefined): Promise<Socket> {
    for (;;) {
      if (this.#isClosed) throw seatClosed();
      if (signal?.aborted === true) throw aborted(signal);
      if (this.#leaveLine === undefined && this.#held === undefined && !this.#isFrozen)
        this.#standInLine();
      const way = this.#held ?? (await this.#follow(signal));
      if (way instanceof TabSocket) return way;
      if (way === undefined && this.#failure !== undefined) throw this.#failure.reason;
      // Why it cannot be opened here is for whoever waits for it.
      const holder = await way?.holder;
      if (holder !== undefined && this.#held === way) return connectTo(holder);
    }
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#endFreeze();
      this.#leave();
      this.#channel.onmessage = null;
      this.#channel.close();
      this.#wake();
    }
    await this.#closing;
  }

  #standInLine(): void {
    const leave = new AbortController();
    this.#leaveLine = leave;
    this.#failure = undefined;
    this.#request({ signal: leave.signal });
  }

  /** Takes the lock from a holder that hangs. */
  #steal(): void {
    this.#leaveLine?.abort();
    this.#leaveLine = undefined;
    this.#request({ steal: true });
  }

  #request(options: LockOptions): void {
    let held: Held | undefined;
    const hold = (): Promise<void> => {
      // Given up in the very moment it was granted.
      if (this.#isClosed || this.#isFrozen || this.#held !== undefined) return Promise.resolve();
      const { promise, resolve: release } = Promise.withResolvers<void>();
      held = this.#hold(release);
      return promise;
    };
    this.#options.locks.request(this.#options.name, options, hold).catch((error: unknown) => {
      // Another tab has taken the lock, or this one has left the line.
      if (held !== undefined) this.#lost(held);
      else if (!(error instanceof DOMException && error.name === "AbortError"))
        this.#failed(refused(error));
    });
  }

  #hold(release: () => void): Held {
    this.#leaveLine = undefined;
    const token = toHex(this.#options.host.random(ID_BYTES));
    let held: Held | undefined;
    const lost = (): void => {
      if (held !== undefined) this.#lost(held);
    };
    held = { token, holder: this.#options.start(lost), release, served: new Set() };
    this.#held = held;
    const own = held;
    own.holder.catch((reason: unknown) => {
      if (this.#held !== own) return;
      this.#giveUp();
      this.#failed(reason);
    });
    this.#unfollow();
    this.#channel.postMessage({ holder: token });
    this.#wake();
    return own;
  }

  /** Whoever waits to connect here is told why, and the next one tries anew; the other tabs try for themselves. */
  #failed(reason: unknown): void {
    this.#leaveLine = undefined;
    this.#failure = { reason };
    this.#wake();
  }

  /** This tab is not the holder any more, and lines up again. */
  #lost(held: Held): void {
    if (this.#held !== held) return;
    this.#giveUp();
    if (!this.#isClosed && !this.#isFrozen) this.#standInLine();
  }

  /**
   * The lock goes back at once: a page that freezes comes to nothing more. What it still has under way is committed before
   * the next holder begins, or refused after.
   */
  #giveUp(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#closing = held.holder.then((holder) => holder.close()).catch(() => {});
    held.release();
  }

  #leave(): void {
    this.#leaveLine?.abort();
    this.#leaveLine = undefined;
    this.#giveUp();
    this.#unfollow();
  }

  #freeze(): void {
    this.#isFrozen = true;
    this.#leave();
    this.#wake();
  }

  #thaw(): void {
    if (!this.#isFrozen || this.#isClosed) return;
    this.#isFrozen = false;
    this.#standInLine();
    this.#wake();
  }

  #unfollow(): void {
    for (const socket of this.#following.values()) socket.lost();
  }

  #wake(): void {
    for (const { changed } of this.#waiters) changed();
  }

  #heard(message: unknown): void {
    if (typeof message !== "object" || message === null) return;
    if ("holder" in message) {
      this.#unfollow();
      this.#wake();
    } else if ("connect" in message) {
      if (this.#held !== undefined) this.#serve(this.#held, String(message.connect));
    } else if ("accepted" in message && "by" in message) {
      // To whichever tab it says so.
      this.#watch.heard();
      for (const { accepted } of this.#waiters)
        accepted(String(message.accepted), String(message.by));
    }
  }

  /** The holder's side: a tab asks for a connection, perhaps again. */
  #serve(held: Held, id: string): void {
    const { name, locks, openChannel } = this.#options;
    const accept = (): void => this.#channel.postMessage({ accepted: id, by: held.token });
    if (held.served.has(id)) return accept();
    held.served.add(id);
    const gone = new AbortController();
    const socket = new TabSocket(openChannel(channelName(name, id, held.token)), () => {
      held.served.delete(id);
      gone.abort();
    });
    accept();
    // The other tab has this lock as long as it needs the connection, and lives.
    locks.request(lockName(name, id), { signal: gone.signal }, () => socket.lost()).catch(() => {});
    held.holder.then(
      (holder) => holder.accept(socket),
      () => socket.lost(),
    );
  }

  /** A connection to the holder in another tab, or what this tab holds now; undefined when it is over. */
  async #follow(signal: AbortSignal | undefined): Promise<TabSocket | Held | undefined> {
    const { name, host, locks, openChannel } = this.#options;
    const id = toHex(host.random(ID_BYTES));
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const { promise: isAlive, resolve: alive } = Promise.withResolvers<void>();
    locks
      .request(lockName(name, id), () => {
        alive();
        return over;
      })
      .catch(alive);
    await isAlive;
    const by = await this.#ask(id, signal);
    if (typeof by !== "string" || this.#held !== undefined || this.#isFrozen || this.#isClosed) {
      end();
      return typeof by === "string" ? this.#held : by;
    }
    const ended = (): void => {
      this.#following.delete(id);
      if (this.#following.size === 0) this.#watch.heard();
      end();
    };
    const channel = openChannel(channelName(name, id, by));
    const socket = new TabSocket(channel, ended, () => this.#watch.sent());
    this.#following.set(id, socket);
    return socket;
  }

  /** The holder accepts a connection that it has once more, and nothing else comes of it. */
  #askAgain(): void {
    const [id] = this.#following.keys();
    this.#channel.postMessage({ connect: id });
  }

  /** The token of the holder that has accepted the connection, or what this tab holds; undefined when it is over. */
  #ask(id: string, signal: AbortSignal | undefined): Promise<string | Held | undefined> {
    return new Promise((resolve) => {
      let cancel = (): void => {};
      const settle = (by: string | Held | undefined): void => {
        cancel();
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", abort);
        resolve(by);
      };
      const abort = (): void => settle(undefined);
      const ask = (): void => {
        cancel();
        if (this.#held !== undefined) return settle(this.#held);
        if (this.#isClosed || signal?.aborted === true || this.#failure !== undefined)
          return settle(undefined);
        if (this.#isFrozen) return;
        this.#channel.postMessage({ connect: id });
        cancel = this.#options.host.clock.setTimer(SILENCE_MS, () => this.#steal());
      };
      const waiter: Waiter = {
        changed: ask,
        accepted: (accepted, by) => {
          if (accepted === id) settle(by);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", abort);
      ask();
    });
  }
}

const refused = (cause: unknown): MasqError =>
  new MasqError(
    "MASQ_BROWSER_UNSUITABLE",
    "The browser does not let this page keep data: its settings, a private window or a frame of another site may forbid it. Nothing was changed. Allow it to store data (cookies and site data), then connect again.",
    { cause },
  );

const lockName = (name: string, id: string): string => `${name} ${id}`;

const channelName = (name: string, id: string, holder: string): string => `${name} ${id} ${holder}`;
