/** Follows a client: what it last said of itself and of the person's other devices. */
import type { Device } from "../device-status.ts";
import type { Status } from "../masq-client.ts";
import type { StorageKind } from "../use-store.ts";
import type { ConnectableClient } from "./connectable.ts";

export interface DataSize {
  readonly entries: number;
  readonly bytes: number;
}

export interface FollowerOptions {
  readonly changed: () => void;
  /** Whether anybody looks at more than the status, which tells of itself. */
  readonly isWatched: () => boolean;
}

export class Follower {
  readonly client: ConnectableClient;
  readonly #options: FollowerOptions;
  #stop: (() => void) | undefined;
  #status: Status | undefined;
  #devices: readonly Device[] = [];
  #size: DataSize | undefined;
  #storage: StorageKind | undefined;
  #isEvicted = false;
  #failure: unknown;
  #isReading = false;
  #isStale = false;

  constructor(client: ConnectableClient, options: FollowerOptions) {
    this.client = client;
    this.#options = options;
    this.#stop = client.on("status", (status) => this.#take(status));
    void this.refresh();
  }

  /** Undefined until the client has said something. */
  get status(): Status | undefined {
    return this.#status;
  }

  /** Why it has not said anything. */
  get failure(): unknown {
    return this.#failure;
  }

  get devices(): readonly Device[] {
    return this.#devices;
  }

  get size(): DataSize | undefined {
    return this.#size;
  }

  /** How long the data stay. */
  get storage(): StorageKind | undefined {
    return this.#storage;
  }

  /** The browser has deleted what was held here. */
  get isEvicted(): boolean {
    return this.#isEvicted;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Reads everything anew. A client that cannot answer now tells by its status. */
  async refresh(): Promise<void> {
    // One reading at a time, and another one if something changed meanwhile, however much that was.
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale && this.#stop !== undefined) {
      this.#isStale = false;
      try {
        const [{ entries, bytes, storage, evicted, ...status }, devices] = await Promise.all([
          this.client.status(),
          this.client.devices(),
        ]);
        if (this.#stop === undefined) return;
        this.#status = status;
        this.#size = { entries, bytes };
        this.#storage = storage;
        this.#isEvicted = evicted;
        this.#devices = devices;
        this.#failure = undefined;
      } catch (error) {
        // What it said before counts on, and what comes next is told by its status.
        if (this.#status === undefined) this.#failure = error;
      }
      this.#options.changed();
    }
    this.#isReading = false;
  }

  #take(status: Status): void {
    this.#status = status;
    this.#failure = undefined;
    this.#options.changed();
    if (status.connected && this.#options.isWatched()) void this.refresh();
  }
}
