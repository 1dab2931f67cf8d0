/** How many sockets each address has, and how fast it opens new ones. Held in memory while it matters, told to nobody. */
import { isIPv6 } from "node:net";
import { Bucket, type Limits } from "./limits.ts";

interface Use {
  sockets: number;
  readonly rate: Bucket;
}

/** A whole /64 is one household or one machine: the single addresses in it are free to take. */
const groupOf = (address: string): string => {
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  if (!isIPv6(plain)) return plain;
  const [front, back = ""] = (plain.split("%")[0] as string).split("::") as [string, string?];
  const head = front.split(":").filter((part) => part !== "");
  const tail = back.split(":").filter((part) => part !== "");
  const gap = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  const whole = plain.includes("::") ? [...head, ...gap, ...tail] : head;
  return whole
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(":");
};

export class Addresses {
  readonly #limits: Limits;
  readonly #uses = new Map<string, Use>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts a new socket. The returned function uncounts it; undefined when the address has had its share. */
  admit(address: string, now: number): (() => void) | undefined {
    const { addressBurst, addressPerSecond, maxSocketsPerAddress } = this.#limits;
    const group = groupOf(address);
    const use = this.#uses.get(group) ?? {
      sockets: 0,
      rate: new Bucket(addressBurst, addressPerSecond, now),
    };
    this.#uses.set(group, use);
    if (use.sockets >= maxSocketsPerAddress || !use.rate.tryTake(1, now)) return undefined;
    use.sockets += 1;
    let isCounted = true;
    return () => {
      if (isCounted) use.sockets -= 1;
      isCounted = false;
    };
  }

  /** Forgets who has no socket and has not come lately. */
  sweep(now: number): void {
    for (const [group, use] of this.#uses)
      if (use.sockets === 0 && use.rate.isFull(now)) this.#uses.delete(group);
  }
}
