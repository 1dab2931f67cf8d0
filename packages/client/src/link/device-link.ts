/**
 * The link's part about other devices: waits until they hold what was written, how far they are, and whether they can be
 * met; and the trouble with the storage here. All last over reconnects; none is bounded by patience, since another device may be away for days.
 */
import { fields, readError, type MasqError } from "@masq/core";
import { readDevices, type DeviceStatus } from "../device-status.ts";
import { abortable } from "./abortable.ts";
import { aborted, outcomeUnknown } from "./link-errors.ts";

type Call = (method: string, params: unknown) => Promise<unknown>;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Wait {
  readonly devices: number;
  readonly waiters: Set<Waiter>;
}

export class DeviceLink {
  readonly #changed: () => void;
  readonly #waitById = new Map<number, Wait>();
  /** Not asked for yet: waits of one turn for the same number of devices are one. */
  readonly #freshByDevices = new Map<number, Wait>();
  #lastId = 0;
  #call: Call | undefined;
  #isFollowed = false;
  #devices: readonly DeviceStatus[] = [];
  #trouble: MasqError | undefined;
  #unreachable: MasqError | undefined;
  /** Why no wait will ever be answered any more. */
  #end: unknown;

  /** `changed` is called when `devices`, `trouble` or `unreachable` differ. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** As last told; of use only after `follow`. */
  get devices(): readonly DeviceStatus[] {
    return this.#devices;
  }

  /** As last told; of use only after `follow`. */
  get trouble(): MasqError | undefined {
    return this.#trouble;
  }

  /** As last told; of use only after `follow`. */
  get unreachable(): MasqError | undefined {
    return this.#unreachable;
  }

  /** From now on all three are kept up to date. */
  follow(): void {
    if (this.#isFollowed) return;
    this.#isFollowed = true;
    this.#askForStatus();
  }

  /**
   * Resolves when so many other devices hold all this replica has written up to now, so to be called once the write in
   * question was answered.
   */
  whenHeld(devices: number, signal: AbortSignal | undefined): Promise<void> {
    return abortable(signal, (resolve, reject, onAbort) => {
      if (this.#end !== undefined) return reject(this.#end);
      if (signal?.aborted === true) return reject(aborted(signal));
      const waiter: Waiter = { resolve, reject };
      const wait = this.#freshWait(devices);
      wait.waiters.add(waiter);
      onAbort(() => {
        this.#leave(wait, waiter);
        reject(aborted(signal));
      });
    });
  }

  attached(call: Call): void {
    this.#call = call;
    for (const [id, { devices }] of this.#waitById) this.#ask("hold", [id, devices]);
    if (this.#isFollowed) this.#askForStatus();
  }

  lost(): void {
    this.#call = undefined;
  }

  event(name: string, data: unknown): void {
    if (name === "status") this.#tell({ devices: data });
    if (name === "trouble" || name === "unreachable") this.#tell({ [name]: data });
    if (name !== "held") return;
    const id = fields.asUint(data, "a wait id");
    for (const { resolve } of this.#waitById.get(id)?.waiters ?? []) resolve();
    this.#waitById.delete(id);
  }

  /** The link is gone for good. */
  finish(reason: unknown): void {
    this.#end = reason;
    this.fail(reason);
  }

  /** The link is at another device now, which holds all that was written: one more than the one that it was written on. */
  wentOver(): void {
    for (const { devices, waiters } of [
      ...this.#waitById.values(),
      ...this.#freshByDevices.values(),
    ])
      if (devices === 1) for (const { resolve } of waiters) resolve();
    this.fail(outcomeUnknown());
  }

  /** Ends every wait under way, which will never be answered. */
  fail(reason: unknown): void {
    const waits = [...this.#waitById.values(), ...this.#freshByDevices.values()];
    this.#waitById.clear();
    this.#freshByDevices.clear();
    for (const { waiters } of waits) for (const { reject } of waiters) reject(reason);
  }

  #freshWait(devices: number): Wait {
    let wait = this.#freshByDevices.get(devices);
    if (wait === undefined) {
      wait = { devices, waiters: new Set() };
      this.#freshByDevices.set(devices, wait);
      if (this.#freshByDevices.size === 1) queueMicrotask(() => this.#askForFresh());
    }
    return wait;
  }

  #askForFresh(): void {
    for (const wait of this.#freshByDevices.values()) {
      if (wait.waiters.size === 0) continue;
      this.#lastId += 1;
      this.#waitById.set(this.#lastId, wait);
      this.#ask("hold", [this.#lastId, wait.devices]);
    }
    this.#freshByDevices.clear();
  }

  #leave(wait: Wait, waiter: Waiter): void {
    wait.waiters.delete(waiter);
    if (wait.waiters.size > 0) return;
    for (const [id, one] of this.#waitById) {
      if (one !== wait) continue;
      this.#waitById.delete(id);
      this.#ask("unhold", id);
    }
  }

  /** What is lost with the connection is asked for again on the next; what the store refuses ends the wait. */
  #ask(method: "hold" | "unhold", params: unknown): void {
    const call = this.#call;
    call?.(method, params).catch((error: unknown) => {
      if (method !== "hold" || this.#call !== call) return;
      const [id] = params as [number];
      for (const { reject } of this.#waitById.get(id)?.waiters ?? []) reject(error);
      this.#waitById.delete(id);
    });
  }

  #askForStatus(): void {
    const call = this.#call;
    if (call === undefined) return;
    const ask = async (): Promise<void> => {
      // Told first: of a damaged storage there is no status.
      this.#tell({ trouble: await call("watchStatus", null) });
      const status = fields.asRecord(await call("status", null), "a status");
      this.#tell({ devices: status["devices"], unreachable: status["unreachable"] });
    };
    // Lost with the connection, it is asked for again on the next.
    ask().catch(() => {});
  }

  #tell(told: { devices?: unknown; trouble?: unknown; unreachable?: unknown }): void {
    if ("devices" in told) this.#devices = readDevices(told.devices);
    if ("trouble" in told) this.#trouble = readTrouble(told.trouble);
    if ("unreachable" in told) this.#unreachable = readTrouble(told.unreachable);
    this.#changed();
  }
}

/** Null or, from older stores, undefined when there is none. */
export const readTrouble = (item: unknown): MasqError | undefined =>
  fields.optional(item, readError, "an error");
