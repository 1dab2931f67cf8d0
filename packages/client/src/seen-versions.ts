/**
 * What this client has seen of each key: the version token last delivered to the app, sent along with its next write,
 * so that a form saved over an edit that came in meanwhile keeps both instead of silently destroying one.
 * Bounded; a key that fell out counts as never read.
 */

const MAX_KEYS = 50_000;

/** The dots of both tokens. */
export const unionOfTokens = (a: string, b: string): string =>
  a === "" || a === b
    ? b
    : b === ""
      ? a
      : [...new Set([...a.split("+"), ...b.split("+")])].join("+");

export class SeenVersions {
  readonly #tokenByKey = new Map<string, string>();
  /** Stays at the oldest key: a new iterator would first have to walk over the places of all that were deleted. */
  readonly #oldest: Iterator<string, undefined> = this.#tokenByKey.keys();

  get(key: string): string | undefined {
    return this.#tokenByKey.get(key);
  }

  /** The app was shown the key at this version. */
  delivered(key: string, token: string): void {
    this.#tokenByKey.delete(key);
    this.#tokenByKey.set(key, token);
    if (this.#tokenByKey.size <= MAX_KEYS) return;
    this.#tokenByKey.delete(this.#oldest.next().value as string);
  }

  /**
   * The app's own write became the version `own`. It was made having seen `seen`, the versions of which it therefore
   * stands for from now on; what was delivered meanwhile counts beside it.
   */
  wrote(key: string, seen: string, own: string): void {
    const superseded = new Set(seen.split("+"));
    const later = (this.#tokenByKey.get(key) ?? "")
      .split("+")
      .filter((dot) => !superseded.has(dot));
    this.delivered(key, unionOfTokens(later.join("+"), own));
  }
}
