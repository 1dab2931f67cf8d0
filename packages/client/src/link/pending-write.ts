/** A write on its way to the store: numbered, kept until it is answered, sent again after a reconnect. */
import { dataBytes } from "@masq/core";
import type { ReplicaMoment, SeenVersions } from "../seen-versions.ts";
import { tokenAt, unionOfTokens } from "../seen-versions.ts";

export interface WriteOperation {
  readonly key: string;
  /** CBOR; null deletes. */
  readonly value: Uint8Array | null;
  readonly ifVersion?: string | undefined;
}

/** An operation with what the app had seen of its key when it was made. */
interface SeenOperation extends WriteOperation {
  seen: string | undefined;
  /** The app's latest earlier write of the key that had not been answered then. */
  own: PendingWrite | undefined;
}

export interface SettleWrite {
  readonly resolve: (versions: string[]) => void;
  readonly reject: (error: unknown) => void;
}

export class PendingWrite {
  readonly number: number;
  readonly operations: readonly SeenOperation[];
  readonly bytes: number;
  readonly resolve: (versions: string[]) => void;
  readonly reject: (error: unknown) => void;
  /** How long there had been no store, in all, when it was made (away-clock.ts). */
  readonly awayBeforeMs: number;
  /** It has left this process at least once, so its outcome may be unknown. */
  wasSent = false;
  readonly #ownTokenByKey = new Map<string, string>();

  constructor(
    number: number,
    awayBeforeMs: number,
    operations: readonly SeenOperation[],
    settle: SettleWrite,
  ) {
    this.number = number;
    this.awayBeforeMs = awayBeforeMs;
    this.operations = operations;
    this.resolve = settle.resolve;
    this.reject = settle.reject;
    this.bytes = operations.reduce((sum, operation) => sum + dataBytes(operation), 64);
  }

  /** `[number, operations, answered below]` as the store expects it, by what has been answered until now. */
  params(answeredBelow: number): unknown {
    return [
      this.number,
      this.operations.map((operation) => operationItem(operation)),
      answeredBelow,
    ];
  }

  /** The token of this write's own version of `key`, once answered. */
  ownToken(key: string): string | undefined {
    return this.#ownTokenByKey.get(key);
  }

  /** The store was put back to an earlier state: see SeenVersions. */
  putBack(moment: ReplicaMoment): void {
    for (const operation of this.operations) {
      if (operation.seen !== undefined) operation.seen = tokenAt(operation.seen, moment);
      operation.own?.forgetLaterThan(moment);
    }
  }

  forgetLaterThan(moment: ReplicaMoment): void {
    for (const [key, token] of this.#ownTokenByKey) {
      this.#ownTokenByKey.set(key, tokenAt(token, moment));
    }
  }

  /** Lets go of earlier writes: a key written without end must not hold on to all of them. */
  release(): void {
    for (const operation of this.operations) operation.own = undefined;
  }

  /** Takes the store's answer; returns each operation's version. */
  answered(results: readonly unknown[], seenVersions: SeenVersions): string[] {
    return this.operations.map(({ key, seen = "", own: earlier }, index) => {
      const item = results[index];
      const [version, own] = Array.isArray(item) ? (item as unknown[]) : [item, item];
      if (typeof own === "string") {
        this.#ownTokenByKey.set(key, own);
        seenVersions.wrote(key, unionOfTokens(seen, earlier?.ownToken(key) ?? ""), own);
      }
      return String(version);
    });
  }
}

/** `[key, value, seen, own write number, ifVersion]` without the nulls at its end. */
const operationItem = ({ key, value, seen, own, ifVersion }: SeenOperation): unknown[] => {
  if (ifVersion !== undefined) return [key, value, null, null, ifVersion];
  const ownToken = own?.ownToken(key);
  if (ownToken !== undefined) return [key, value, unionOfTokens(seen ?? "", ownToken)];
  if (own !== undefined) return [key, value, seen ?? null, own.number];
  return seen === undefined ? [key, value] : [key, value, seen];
};
