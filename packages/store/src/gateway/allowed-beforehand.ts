/** Apps the owner allowed when starting the store, so that they need not ask: as long as it runs, or until revoked. */
import type { NamespaceId } from "@masq/core";

export interface AllowedOptions {
  readonly apps: Iterable<NamespaceId>;
  /** For people who develop apps: all native apps and all pages this computer serves itself. */
  readonly everyLocalApp: boolean;
}

export class AllowedBeforehand {
  readonly #apps: ReadonlySet<NamespaceId>;
  readonly #everyLocalApp: boolean;
  readonly #revoked = new Set<string>();

  constructor({ apps, everyLocalApp }: AllowedOptions) {
    this.#apps = new Set(apps);
    this.#everyLocalApp = everyLocalApp;
  }

  has(identity: NamespaceId): boolean {
    // A page over plain http is one that this computer serves: no other may be an app (isAppOrigin).
    const isLocal = identity.startsWith("http://") || identity.startsWith("app:");
    const isAllowed = this.#apps.has(identity) || (this.#everyLocalApp && isLocal);
    return isAllowed && !this.#revoked.has(identity);
  }

  /** The owner's later word counts. */
  revoke(identity: string): void {
    this.#revoked.add(identity);
  }
}
