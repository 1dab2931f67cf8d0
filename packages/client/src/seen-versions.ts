/**
 * What this client has seen of each key: the version token last delivered to the app, sent along with its next write,
 * so that a form saved over an edit that came in meanwhile keeps both instead of silently destroying one.
 * Bounded; a key that fell out counts as never read.
 */

/** Of these the newest are always known, and at most twice as many. */
const MAX_KEYS = 50_000;

/** The dots of both tokens. */
export const unionOfTokens = (a: string, b: string): string =>
  a === "" || a === b
    ? b
    : b === ""
      ? a
      : [...new Set([...a.split("+"), ...b.split("+")])].join("+");

/** A state that a replica was in: its id, and how many writes it had made at most. */
export interface ReplicaMoment {
  readonly replica: string;
  readonly counter: number;
}

/** 0 for the dot of another replica. */
const counterOf = (dot: string, replica: string): number =>
  dot.startsWith(`${replica}.`) ? Number.parseInt(dot.slice(replica.length + 1), 36) : 0;

/**
 * The dots of a token that were made by `moment`. A replica that was put back to it gives the later dots again, to other
 * writes, which nobody has seen.
 */
export const tokenAt = (token: string, { replica, counter }: ReplicaMoment): string =>
  token
    .split("+")
    .filter((dot) => counterOf(dot, replica) <= counter)
    .join("+");

export class SeenVersions {
  /**
   * Two generations: the older one goes when the newer one is full. Not one Map in order of use: its oldest end is found
   * quickly only by an iterator that rests there, and V8 keeps every former table of the Map for such a one.
   */
  #tokenByKey = new Map<string, string>();
  #olderTokenByKey = new Map<string, string>();

  get(key: string): string | undefined {
    return this.#tokenByKey.get(key) ?? this.#olderTokenByKey.get(key);
  }

  /** The app was shown the key at this version. */
  delivered(key: string, token: string): void {
    this.#tokenByKey.set(key, token);
    if (this.#tokenByKey.size < MAX_KEYS) return;
    this.#olderTokenByKey = this.#tokenByKey;
    this.#tokenByKey = new Map();
  }

  /** How many writes `replica` has made at least, to have made what was seen of it. */
  counterOf(replica: string): number {
    let highest = 0;
    for (const tokens of [this.#tokenByKey, this.#olderTokenByKey]) {
      for (const token of tokens.values()) {
        for (const dot of token.split("+")) highest = Math.max(highest, counterOf(dot, replica));
      }
    }
    return highest;
  }

  /** The store was put back to an earlier state: what was seen of later ones is not there any more. */
  putBack(moment: ReplicaMoment): void {
    for (const tokens of [this.#tokenByKey, this.#olderTokenByKey]) {
      for (const [key, token] of tokens) tokens.set(key, tokenAt(token, moment));
    }
  }

  /**
   * The app's own write became the version `own`. It was made having seen `seen`, the versions of which it therefore
   * stands for from now on; what was delivered meanwhile counts beside it.
   */
  wrote(key: string, seen: string, own: string): void {
    const superseded = new Set(seen.split("+"));
    const later = (this.get(key) ?? "").split("+").filter((dot) => !superseded.has(dot));
    this.delivered(key, unionOfTokens(later.join("+"), own));
  }
}
