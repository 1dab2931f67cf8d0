/** What one device, one address and all together may use (docs/relay.md, "Limits"). */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

const KIB = 1024;
const MIB = 1024 * KIB;

export interface Limits {
  readonly maxSockets: number;
  /** An IPv6 address counts as its /64. */
  readonly maxSocketsPerAddress: number;
  /** New sockets of one address: this many at once, then so many per second. */
  readonly addressBurst: number;
  readonly addressPerSecond: number;
  /** Rendezvous that one socket may hold. */
  readonly maxTokens: number;
  /** Entries of LISTEN: this many at once, then so many per minute. */
  readonly listenBurst: number;
  readonly listenPerMinute: number;
  /** What one device may send: this much at once, then so much per second. More is not read until its time comes. */
  readonly bytesBurst: number;
  readonly bytesPerSecond: number;
  /** What a slot may send before its peer has granted more. */
  readonly initialCredit: number;
  /** Bytes waiting for a device above which those who send to it are not read. */
  readonly pauseBytes: number;
  /** Bytes waiting for a device that it must not exceed for longer than `fullMs`. */
  readonly fullBytes: number;
  readonly fullMs: number;
  /** A device that takes nothing of more than `pauseBytes` for so long is let go. */
  readonly stalledMs: number;
  /** Bytes waiting for all devices together, above which those with the most are let go. */
  readonly totalBufferBytes: number;
  /** HELLO must come within this time. */
  readonly helloMs: number;
  /** A socket that holds no rendezvous for so long is closed. */
  readonly idleMs: number;
  /** How often devices are asked to say that they are there. */
  readonly pingSeconds: number;
  /** How much longer than that they may be silent. */
  readonly deadMs: number;
  /** Over how long devices spread their return after a restart. */
  readonly reconnectJitterMs: number;
  /** How often the limits above that depend on time are looked at. */
  readonly sweepMs: number;
}

/** How many files this process may have open; the default of most systems where that cannot be read. */
const openFilesLimit = (): number => {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? 1024 : Number(soft);
  } catch {
    return 10_240;
  }
};

/** What a container may use, where this is one. */
const memoryLimit = (): number => {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
};

export const defaultLimits = (): Limits => ({
  maxSockets: Math.floor(openFilesLimit() * 0.8),
  maxSocketsPerAddress: 64,
  addressBurst: 50,
  addressPerSecond: 5,
  maxTokens: 512,
  listenBurst: 2048,
  listenPerMinute: 512,
  bytesBurst: 16 * MIB,
  bytesPerSecond: 4 * MIB,
  initialCredit: 64 * KIB,
  pauseBytes: 256 * KIB,
  fullBytes: MIB,
  fullMs: 10_000,
  stalledMs: 30_000,
  totalBufferBytes: Math.floor(memoryLimit() / 4),
  helloMs: 5_000,
  idleMs: 30_000,
  pingSeconds: 25,
  deadMs: 10_000,
  reconnectJitterMs: 2_000,
  sweepMs: 1_000,
});

/** So much at once, then so much per second. */
export class Bucket {
  readonly #burst: number;
  readonly #perMs: number;
  #left: number;
  #at: number;

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#left = burst;
    this.#at = now;
  }

  /** Takes the amount, into debt if need be. Milliseconds until there is no debt: 0 when there was enough. */
  take(amount: number, now: number): number {
    this.#refill(now);
    this.#left -= amount;
    return this.#left >= 0 ? 0 : Math.ceil(-this.#left / this.#perMs);
  }

  /** Takes the amount if there is enough. */
  tryTake(amount: number, now: number): boolean {
    this.#refill(now);
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }

  isFull(now: number): boolean {
    this.#refill(now);
    return this.#left >= this.#burst;
  }

  #refill(now: number): void {
    this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
