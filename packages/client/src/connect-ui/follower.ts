/** Follows a client: what it last said of itself and of the person's other devices. */
import type { Device } from "../device-status.ts";
import type { Status } from "../masq-client.ts";
import type { ConnectableClient } from "./connectable.ts";

export interface DataSize {
  readonly entries: number;
  readonly bytes: number;
}

export class Follower {
  readonly client: ConnectableClient;
  readonly #changed: () => void;
  #stop: (() => void) | undefined;
  #status: Status | undefined;
  #devices: readonly Device[] = [];
  #size: DataSize | undefined;
  #isReading = false;
  #isStale = false;

  constructor(client: ConnectableClient, changed: () => void) {
    this.client = client;
    this.#changed = changed;
    this.#stop = client.on("status", (status) => this.#take(status));
    void this.refresh();
  }

  /** Undefined until the client has said something. */
  get status(): Status | undefined {
    return this.#status;
  }

  get devices(): readonly Device[] {
    return this.#devices;
  }

  get size(): DataSize | undefined {
    return this.#size;
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
        const [{ entries, bytes, ...status }, devices] = await Promise.all([
          this.client.status(),
          this.client.devices(),
        ]);
        if (this.#stop === undefined) return;
        this.#status = status;
        this.#size = { entries, bytes };
        this.#devices = devices;
        this.#changed();
      } catch {}
    }
    this.#isReading = false;
  }

  #take(status: Status): void {
    this.#status = status;
    this.#changed();
    if (status.connected) void this.refresh();
  }
}
