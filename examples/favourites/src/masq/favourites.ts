/** The favourite places in the person's store: read once, followed from then on, written with the version seen. */
import { MasqError, type Entry, type MasqClient } from "@masq/client";
import { combine, isSameToPeople, mergeEdits } from "../model/merge.ts";
import { PREFIX, readPlace, type Place } from "../model/place.ts";

export interface Favourite {
  readonly id: string;
  readonly place: Place;
  /** The version token: handed back with every write, so that nothing unseen is overwritten. */
  readonly version: string;
  readonly conflict: boolean;
}

/** One of the versions a person chooses from. */
export interface Version {
  readonly place: Place;
  /** When it was written; undefined for the one that is still in the form. */
  readonly time: Date | undefined;
}

export interface Choice {
  readonly versions: readonly [Version, ...Version[]];
  /** Resolves all of them, and fails if there is a newer one by then. */
  readonly token: string;
}

export type Saved =
  | { readonly kind: "saved" }
  | { readonly kind: "clash"; readonly choice: Choice };

export interface Change {
  readonly id: string;
  /** Undefined when it is gone. */
  readonly favourite: Favourite | undefined;
  /** This page wrote it, or has just begun to look. */
  readonly isOwn: boolean;
}

/** How often a save tries again when somebody else keeps writing the same place. */
const ATTEMPTS = 4;
const ABSENT = "";

const isConflict = (error: unknown): boolean =>
  error instanceof MasqError && error.code === "MASQ_CONFLICT";

export class Favourites {
  readonly #masq: MasqClient;
  readonly #changed: (changes: readonly Change[]) => void;
  /** Keys with a write under way: what the watch says of them comes from here. */
  readonly #writing = new Map<string, number>();
  /** The version last told of each key; absent keys have none. */
  readonly #told = new Map<string, string>();

  constructor(masq: MasqClient, changed: (changes: readonly Change[]) => void) {
    this.#masq = masq;
    this.#changed = changed;
  }

  /** Follows first and reads afterwards, so that nothing falls in between. Resolves when all are read. */
  async open(): Promise<void> {
    const followed = new Set<string>();
    this.#masq.watch(PREFIX, (changes) => {
      for (const { key } of changes) followed.add(key);
      this.#tell(changes, ({ key }) => this.#writing.has(key));
    });
    const entries = await this.#masq.list({ prefix: PREFIX });
    // What was changed while it was being read is told already, and maybe newer.
    this.#tell(
      entries.filter(({ key }) => !followed.has(key)),
      () => true,
    );
  }

  /** A new place. Where there is one under this id already, it stays as it is. */
  async add(id: string, place: Place): Promise<void> {
    try {
      await this.#put(id, place, ABSENT);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  /** Saves an edit of what was `base`, joined with what came in meanwhile, or says what a person has to choose. */
  async save(id: string, base: Favourite, edited: Place): Promise<Saved> {
    let { version } = base;
    let place = edited;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#put(id, place, version);
        return { kind: "saved" };
      } catch (error) {
        if (!isConflict(error) || attempt === ATTEMPTS) throw error;
      }
      const entry = await this.#masq.getEntry(PREFIX + id);
      const theirs = readPlace(entry?.value);
      version = entry?.version ?? ABSENT;
      // Deleted elsewhere: the newer wish is to keep it.
      if (theirs === undefined) continue;
      const { merged, clashes } = mergeEdits(base.place, edited, theirs);
      if (clashes.length > 0) {
        const versions = [{ place: edited, time: undefined }, ...(await this.#versions(id))];
        return { kind: "clash", choice: { versions: versions as [Version], token: version } };
      }
      place = merged;
    }
  }

  async remove({ id, version }: Favourite): Promise<void> {
    await this.#write(id, () => this.#masq.del(PREFIX + id, { ifVersion: version }));
  }

  /** The versions of a place in conflict; undefined when there is nothing (left) to choose. */
  async choice(id: string): Promise<Choice | undefined> {
    const entry = await this.#masq.getEntry(PREFIX + id);
    if (entry?.conflict !== true) return undefined;
    const versions = await this.#versions(id);
    const [first, ...others] = versions;
    if (first === undefined) return undefined;
    if (others.every(({ place }) => isSameToPeople(place, first.place))) {
      // They differ in nothing a person would see.
      await this.resolve(id, entry.version, combine([first.place, ...others.map((v) => v.place)]));
      return undefined;
    }
    return { versions: [first, ...others], token: entry.version };
  }

  /** Writes what was chosen over all versions named by the token. False when there is a newer one to look at. */
  async resolve(id: string, token: string, place: Place): Promise<boolean> {
    try {
      await this.#put(id, place, token);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  async #versions(id: string): Promise<Version[]> {
    const siblings = await this.#masq.conflicts(PREFIX + id);
    return siblings.flatMap(({ value, time }) => {
      const place = readPlace(value);
      return place === undefined ? [] : [{ place, time }];
    });
  }

  async #put(id: string, place: Place, ifVersion: string): Promise<void> {
    await this.#write(id, () => this.#masq.put(PREFIX + id, place, { ifVersion }));
  }

  /** Resolves when the change is durable and told. */
  async #write(id: string, write: () => Promise<unknown>): Promise<void> {
    const key = PREFIX + id;
    this.#writing.set(key, (this.#writing.get(key) ?? 0) + 1);
    try {
      await write();
      // The watch tells it too, but may be a moment behind.
      const entry = await this.#masq.getEntry(key);
      const gone = { key, value: undefined, version: ABSENT, conflict: false };
      this.#tell([entry ?? gone], () => true);
    } finally {
      const others = (this.#writing.get(key) ?? 1) - 1;
      if (others === 0) this.#writing.delete(key);
      else this.#writing.set(key, others);
    }
  }

  #tell(entries: readonly Entry[], isOwn: (entry: Entry) => boolean): void {
    const news = entries.filter(({ key, version }) => (this.#told.get(key) ?? ABSENT) !== version);
    const changes = news.map((entry): Change => {
      const { key, value, version, conflict } = entry;
      if (version === ABSENT) this.#told.delete(key);
      else this.#told.set(key, version);
      const id = key.slice(PREFIX.length);
      const place = readPlace(value);
      return { id, favourite: place && { id, place, version, conflict }, isOwn: isOwn(entry) };
    });
    if (changes.length > 0) this.#changed(changes);
  }
}
