/**
 * Which namespaces a device shares with the others of its circle: entries of `masq:system`, a namespace all stores
 * share, so that every store knows and keeps what the owner decided on any of them (docs/circle.md, "Sharing").
 */
import { decodeValue, encodeValue } from "../data/value.ts";
import { isNamespaceId, parseNamespaceId, type DeviceId, type NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import type { Replica } from "../replica/replica.ts";
import type { Shown } from "../replica/shown.ts";

/** The stores' own namespace: names nobody, belongs to no app. */
export const SYSTEM_NAMESPACE: NamespaceId = "masq:system" as NamespaceId;

/** `paused` is `off` that the owner means to end. */
export const SHARING = ["on", "off", "paused"] as const;
export type Sharing = (typeof SHARING)[number];

const PREFIX = "sharing/";
/** What holds where nothing else is said. */
const DEFAULT_KEY: string = `${PREFIX}default`;
const everywhereKey = (namespace: NamespaceId): string => `${PREFIX}all/${namespace}`;
const deviceKey = (namespace: NamespaceId, device: DeviceId): string =>
  `${PREFIX}${device}/${namespace}`;
/** The namespace last, as it may hold slashes. */
const NAMED = /^sharing\/[^/]+\/(.+)$/;

const isSharing = (value: unknown): value is Sharing => SHARING.some((one) => one === value);

/** What cannot be read is no permission. */
const readSharing = ({ value }: Shown): Sharing | undefined => {
  if (value === null) return undefined;
  try {
    const decoded = decodeValue(value);
    return isSharing(decoded) ? decoded : "off";
  } catch {
    return "off";
  }
};

export class SharingPreferences {
  readonly #replica: Replica;
  readonly #sharingByKey = new Map<string, Sharing>();
  readonly #listeners = new Set<() => void>();

  private constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Over the replica of `masq:system`. */
  static async open(replica: Replica): Promise<SharingPreferences> {
    const preferences = new SharingPreferences(replica);
    // Listening first: a commit between the pages is then not missed, and one told twice changes nothing.
    replica.onCommit(({ shown }) => preferences.#take(shown, true));
    for (let gt: string | undefined; ;) {
      const page = await replica.list({ prefix: PREFIX, gt });
      preferences.#take(page.entries, false);
      gt = page.entries.at(-1)?.key;
      if (!page.more || gt === undefined) return preferences;
    }
  }

  /** Whether this device takes part in the namespace. Two devices exchange what both take part in. */
  of(namespace: NamespaceId, device: DeviceId): Sharing {
    if (namespace === SYSTEM_NAMESPACE) return "on";
    return this.#sharingByKey.get(deviceKey(namespace, device)) ?? this.everywhere(namespace);
  }

  /** What holds for every device of which nothing else is said. */
  everywhere(namespace: NamespaceId): Sharing {
    return this.#sharingByKey.get(everywhereKey(namespace)) ?? this.default;
  }

  /** What holds for namespaces of which nothing is said. */
  get default(): Sharing {
    return this.#sharingByKey.get(DEFAULT_KEY) ?? "on";
  }

  /** The namespaces of which something is said, whether or not this device holds them. */
  named(): NamespaceId[] {
    const names = [...this.#sharingByKey.keys()].flatMap((key) => NAMED.exec(key)?.[1] ?? []);
    return [...new Set(names.filter(isNamespaceId))];
  }

  areSharing(namespace: NamespaceId, devices: readonly DeviceId[]): boolean {
    return devices.every((device) => this.of(namespace, device) === "on");
  }

  /**
   * Keeps a preference, for one device or all, or with undefined takes it back; resolves when it is durable. Throws
   * MASQ_NAMESPACE_INVALID for what is not an app's.
   */
  async set(
    namespace: NamespaceId,
    device: DeviceId | undefined,
    sharing: Sharing | undefined,
  ): Promise<void> {
    if (parseNamespaceId(namespace).startsWith("masq:")) {
      throw new MasqError(
        "MASQ_NAMESPACE_INVALID",
        "What Masq itself keeps is always shared among your stores. Nothing was changed.",
      );
    }
    await this.#write(
      device === undefined ? everywhereKey(namespace) : deviceKey(namespace, device),
      sharing,
    );
  }

  /** Keeps what holds for namespaces of which nothing is said, or with undefined takes it back; resolves when it is durable. */
  setDefault(sharing: Sharing | undefined): Promise<void> {
    return this.#write(DEFAULT_KEY, sharing);
  }

  /** Calls `listener` after every change. The returned function ends that. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #write(key: string, sharing: Sharing | undefined): Promise<void> {
    const value = sharing === undefined ? null : encodeValue(sharing);
    await this.#replica.write([{ key, value }]);
  }

  #take(entries: readonly Shown[], isNews: boolean): void {
    let isChanged = false;
    for (const entry of entries) {
      if (!entry.key.startsWith(PREFIX)) continue;
      const sharing = readSharing(entry);
      isChanged ||= this.#sharingByKey.get(entry.key) !== sharing;
      if (sharing === undefined) this.#sharingByKey.delete(entry.key);
      else this.#sharingByKey.set(entry.key, sharing);
    }
    if (isNews && isChanged) for (const listener of this.#listeners) listener();
  }
}
