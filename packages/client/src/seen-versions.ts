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

  /** The app's own write, made when it had seen `before`, became the version `own`. */
  wrote(key: string, before: string | undefined, own: string): void {
    const now = this.#tokenByKey.get(key);
    this.delivered(key, now === undefined || now === before ? own : unionOfTokens(now, own));
  }
}
