/**
 * Grants: what the person allowed each app. One grant per app (its web origin, or the id a native app claims), with
 * the namespaces it may use and a key for each browser profile or installation. Kept as notes of the store's storage.
 */
import { encode } from "cborg";
import { toHex } from "../bytes/bytes.ts";
import { decodeOne } from "../bytes/cbor.ts";
import { equalBytes } from "../crypto/constant-time.ts";
import type { NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Storage } from "../storage.ts";
import { KEY_ID_BYTES } from "./protocol.ts";

/** Where a store keeps what is its own and never leaves it. */
export const STORE_NAMESPACE = "masq:store" as NamespaceId;

export interface AppKey {
  /** 16 bytes, hexadecimal. */
  readonly id: string;
  readonly publicKey: Uint8Array;
  /** Milliseconds since 1970. */
  readonly added: number;
  readonly lastUsed: number;
  /** A revoked key is remembered, so that its app can be told by the store it trusts. */
  readonly revoked: boolean;
}

export interface Grant {
  readonly identity: NamespaceId;
  /** The name the app gives itself: a label, never its identity. */
  readonly name: string;
  readonly namespaces: readonly NamespaceId[];
  readonly keys: readonly AppKey[];
}

/** What the person said yes to. */
export interface GivenAccess {
  /** The name the app gives itself. */
  readonly name: string;
  readonly namespaces: readonly NamespaceId[];
  readonly publicKey: Uint8Array;
}

const GRANT_NOTE_PREFIX = "grant/";
const MAX_KEYS_PER_GRANT = 256;
/** Last use is a label for people: not worth a flush at every connection. */
const TOUCH_INTERVAL_MS = 60 * 60 * 1000;

/** Revoked keys go before those in use, older ones before newer ones. */
const withinLimit = (keys: readonly AppKey[]): AppKey[] => {
  const excess = Math.max(0, keys.length - MAX_KEYS_PER_GRANT);
  const dropped = new Set(
    keys.toSorted((a, b) => Number(b.revoked) - Number(a.revoked)).slice(0, excess),
  );
  return keys.filter((key) => !dropped.has(key));
};

export const isActive = (grant: Grant): boolean => grant.keys.some((key) => !key.revoked);

export class Grants {
  readonly #host: Host;
  readonly #storage: Storage;
  readonly #grantByIdentity = new Map<NamespaceId, Grant>();
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(host: Host, storage: Storage) {
    this.#host = host;
    this.#storage = storage;
  }

  static async open(host: Host, storage: Storage): Promise<Grants> {
    const grants = new Grants(host, storage);
    for (const [, bytes] of await storage.notes(STORE_NAMESPACE, GRANT_NOTE_PREFIX)) {
      const grant = decodeOne(bytes, {}) as Grant;
      grants.#grantByIdentity.set(grant.identity, grant);
    }
    return grants;
  }

  /** By identity, revoked ones left out. */
  list(): Grant[] {
    return [...this.#grantByIdentity.values()]
      .filter(isActive)
      .toSorted((a, b) => (a.identity < b.identity ? -1 : 1));
  }

  find(keyId: string): { readonly grant: Grant; readonly key: AppKey } | undefined {
    for (const grant of this.#grantByIdentity.values()) {
      const key = grant.keys.find(({ id }) => id === keyId);
      if (key !== undefined) return { grant, key };
    }
    return undefined;
  }

  /** Adds a key to the app's grant, making the grant if there is none; resolves with the key's id once durable. */
  allow(identity: NamespaceId, given: GivenAccess): Promise<string> {
    return this.#inTurn(() => this.#allow(identity, given));
  }

  async #allow(identity: NamespaceId, given: GivenAccess): Promise<string> {
    const before = this.#grantByIdentity.get(identity);
    const wasActive = before !== undefined && isActive(before);
    const now = this.#host.clock.now();
    // An app that asks for a further namespace comes with the key it has.
    const isSame = (key: AppKey): boolean =>
      !key.revoked && equalBytes(key.publicKey, given.publicKey);
    const known = before?.keys.find(isSame);
    const key: AppKey = known ?? {
      id: toHex(this.#host.random(KEY_ID_BYTES)),
      publicKey: given.publicKey,
      added: now,
      lastUsed: now,
      revoked: false,
    };
    // Consent given before a revocation does not come back with the next one.
    const namespaces = new Set([...(wasActive ? before.namespaces : []), ...given.namespaces]);
    await this.#save({
      identity,
      name: given.name,
      namespaces: [...namespaces],
      keys: withinLimit([...(before?.keys ?? []).filter((other) => other !== known), key]),
    });
    return key.id;
  }

  /** Revokes every key of an app. Throws MASQ_NOT_FOUND when it has no grant. */
  revoke(identity: string): Promise<Grant> {
    return this.#inTurn(() => this.#revoke(identity));
  }

  async #revoke(identity: string): Promise<Grant> {
    const grant = this.#grantByIdentity.get(identity as NamespaceId);
    if (grant === undefined || !isActive(grant)) {
      throw new MasqError(
        "MASQ_NOT_FOUND",
        "No app of this name has access. `masq apps` lists those that have.",
      );
    }
    await this.#save({ ...grant, keys: grant.keys.map((key) => ({ ...key, revoked: true })) });
    return grant;
  }

  /** Notes that a key was used just now. */
  touch(keyId: string): Promise<void> {
    return this.#inTurn(() => this.#touch(keyId));
  }

  async #touch(keyId: string): Promise<void> {
    const found = this.find(keyId);
    const now = this.#host.clock.now();
    if (found === undefined || Math.abs(now - found.key.lastUsed) < TOUCH_INTERVAL_MS) return;
    const keys = found.grant.keys.map((key) =>
      key.id === keyId ? { ...key, lastUsed: now } : key,
    );
    await this.#save({ ...found.grant, keys });
  }

  /** Changes follow each other, each made from the outcome of the one before: a use being noted must not undo a revocation. */
  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#lastChange.then(change);
    this.#lastChange = done.catch(() => {});
    return done;
  }

  async #save(grant: Grant): Promise<void> {
    const notes = [[GRANT_NOTE_PREFIX + grant.identity, encode(grant)]] as const;
    await this.#storage.update(STORE_NAMESPACE, {}, () => ({ notes, result: undefined }));
    this.#grantByIdentity.set(grant.identity, grant);
  }
}
