/** What an app may ask: access while it is unknown, then hello and the data methods in the namespaces it was granted. */
import {
  fields,
  fromHex,
  MasqError,
  toHex,
  type Grants,
  type NamespaceId,
  type OtherDevices,
  type Service,
  type StorageHealth,
  type Instances,
  NamespaceService,
} from "@masq/core";
import type { AccessRequests } from "./access-requests.ts";
import { harmlessName } from "./app-name.ts";
import { appNamespace } from "./app-namespace.ts";
import type { Replicas } from "./replicas.ts";

const MAX_NAMESPACES_ASKED = 16;

export interface AppServiceOptions {
  readonly identity: NamespaceId;
  /** Hexadecimal; undefined while the app is unknown. */
  readonly keyId: string | undefined;
  /** What an unknown app brought from its handshake. */
  readonly introduction: { readonly appKey: Uint8Array; readonly code: string } | undefined;
  readonly grants: Grants;
  readonly requests: AccessRequests;
  readonly replicas: Replicas;
  readonly instances: Instances;
  readonly otherDevices: (namespace: NamespaceId) => OtherDevices;
  readonly health: StorageHealth;
  /** What the app with this key has to show to the relay on the store's port. */
  readonly relayToken: (keyId: Uint8Array) => Uint8Array;
  /** Takes the store into the app's circle, by an invitation of the app at that relay. */
  readonly joinCircle: (app: NamespaceId, link: string) => Promise<void>;
  /** The owner allowed this app when starting the store. */
  readonly isAllowedBeforehand: boolean;
  readonly now: () => number;
  readonly emit: (name: string, data: unknown) => void;
  readonly replaced: () => void;
  readonly granted: (keyId: string) => void;
}

export class AppService implements Service {
  readonly #options: AppServiceOptions;
  readonly #namespaceService: NamespaceService;
  #keyId: string | undefined;
  #withdraw = (): void => {};
  #isClosed = false;

  constructor(options: AppServiceOptions) {
    this.#options = options;
    this.#keyId = options.keyId;
    this.#namespaceService = new NamespaceService({
      instances: options.instances,
      open: (name) => this.#open(name),
      devices: options.otherDevices,
      health: options.health,
      emit: options.emit,
      replaced: options.replaced,
    });
  }

  handle(method: string, params: unknown): Promise<unknown> {
    switch (method) {
      case "requestAccess":
        return this.#requestAccess(params);
      case "relay":
        return this.#relay();
      case "join":
        return this.#join(params);
      default:
        return this.#namespaceService.handle(method, params);
    }
  }

  pause(): void {
    this.#namespaceService.pause();
  }

  resume(): void {
    this.#namespaceService.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#withdraw();
    this.#namespaceService.close();
  }

  async #open(name: string): ReturnType<NamespaceServiceOpen> {
    const found = this.#keyId === undefined ? undefined : this.#options.grants.find(this.#keyId);
    const namespace = found?.grant.namespaces.find((granted) => granted === name);
    if (found === undefined || found.key.revoked || namespace === undefined) {
      throw new MasqError(
        "MASQ_GRANT_MISSING",
        "This app has no access to that namespace. Ask its owner for access first. Nothing was read or written.",
      );
    }
    return { namespace, replica: await this.#options.replicas.open(namespace) };
  }

  /** -> the access token of the relay on this port */
  async #relay(): Promise<Uint8Array> {
    return this.#options.relayToken(fromHex(this.#ownKey()));
  }

  /** `link` of an invitation to the app's own circle -> null once the store is in it; its owner has agreed by the grant. */
  async #join(params: unknown): Promise<null> {
    const link = fields.asText(params, "an invitation");
    this.#ownKey();
    await this.#options.joinCircle(this.#options.identity, link);
    return null;
  }

  /** The key of an app with access to the namespace of its own. */
  #ownKey(): string {
    const { grants, identity } = this.#options;
    const found = this.#keyId === undefined ? undefined : grants.find(this.#keyId);
    const isOwn = found?.grant.namespaces.includes(identity) === true && !found.key.revoked;
    if (found === undefined || !isOwn)
      throw new MasqError(
        "MASQ_GRANT_MISSING",
        "This app has no access to its data in this store. Ask its owner for access first. Nothing was done.",
      );
    return found.key.id;
  }

  /** `[name, namespaces, quietly]` -> the key id of the grant, once the owner has answered. */
  async #requestAccess(params: unknown): Promise<unknown> {
    const { identity, introduction, grants, requests, isAllowedBeforehand } = this.#options;
    const [nameField, namespaceFields, quietField] = fields.asArray(params, "a request for access");
    const name = harmlessName(fields.asText(nameField, "a name"));
    const asked = fields.asArray(namespaceFields, "namespaces").map((field) => appNamespace(field));
    if (introduction === undefined || asked.length === 0 || asked.length > MAX_NAMESPACES_ASKED) {
      throw new MasqError(
        "MASQ_MESSAGE_INVALID",
        "This request for access is out of place. Nothing was done.",
      );
    }
    const { appKey, code } = introduction;
    const request = { identity, name, namespaces: asked, appKey, code, asked: this.#options.now() };
    const isOwn = asked.every((namespace) => namespace === identity);
    if (isAllowedBeforehand && isOwn) {
      return this.#granted(
        await grants.allow(identity, { name, namespaces: asked, publicKey: appKey }),
      );
    }
    if (fields.optional(quietField, fields.asFlag, "a flag") === true) {
      throw new MasqError(
        "MASQ_GRANT_MISSING",
        "This app has no access to this store yet. Connect with onConsent to ask its owner. Nothing was read or written.",
      );
    }
    const { answered, withdraw } = requests.ask(request);
    this.#withdraw = withdraw;
    await answered;
    const found = grants.list().find((grant) => grant.identity === identity);
    const key = found?.keys.findLast(({ publicKey }) => toHex(publicKey) === toHex(appKey));
    if (key === undefined)
      throw new MasqError("MASQ_GRANT_REVOKED", "Access was revoked right after it was given.");
    return this.#granted(key.id);
  }

  #granted(keyId: string): Uint8Array {
    this.#withdraw = () => {};
    this.#keyId = keyId;
    if (!this.#isClosed) this.#options.granted(keyId);
    return fromHex(keyId);
  }
}

type NamespaceServiceOpen = ConstructorParameters<typeof NamespaceService>[0]["open"];
