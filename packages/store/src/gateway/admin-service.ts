/** What the owner's command line may ask, beside the data methods in every namespace: apps, requests, state, stop. */
import {
  fields,
  MasqError,
  parseNamespaceId,
  type Grant,
  type Grants,
  type NamespaceId,
  type OtherDevices,
  type Storage,
  type Service,
  type Instances,
  NamespaceService,
} from "@masq/core";
import type { Logger } from "pino";
import type { AccessRequest, AccessRequests } from "./access-requests.ts";
import { appNamespace } from "./app-namespace.ts";
import { DevicesService, type DevicesServiceOptions } from "./devices-service.ts";
import type { Replicas } from "./replicas.ts";

export interface AdminServiceOptions extends DevicesServiceOptions {
  readonly grants: Grants;
  readonly requests: AccessRequests;
  readonly replicas: Replicas;
  readonly instances: Instances;
  readonly otherDevices: (namespace: NamespaceId) => OtherDevices;
  readonly storage: Storage;
  readonly log: Logger;
  readonly check: () => Promise<string>;
  readonly status: () => Readonly<Record<string, unknown>>;
  /** Ends every live connection of an app. */
  readonly disconnect: (identity: string) => number;
  readonly stop: () => void;
  readonly replaced: () => void;
}

export class AdminService implements Service {
  readonly #options: AdminServiceOptions;
  readonly #namespaceService: NamespaceService;
  readonly #devicesService: DevicesService;
  /** The namespace greeted is one of Masq's own. */
  #isReserved = false;

  constructor(options: AdminServiceOptions) {
    this.#options = options;
    this.#namespaceService = new NamespaceService({
      instances: options.instances,
      open: async (name) => {
        const namespace = parseNamespaceId(name);
        this.#isReserved = namespace.startsWith("masq:");
        return { namespace, replica: await options.replicas.openExisting(namespace) };
      },
      devices: options.otherDevices,
      emit: options.emit,
      replaced: options.replaced,
    });
    this.#devicesService = new DevicesService(options);
  }

  async handle(method: string, params: unknown): Promise<unknown> {
    const { grants, requests, storage } = this.#options;
    switch (method) {
      case "admin.status":
        return { ...this.#options.status(), ...(await storage.stat()) };
      case "admin.apps":
        return grants.list().map(grantItem);
      case "admin.requests":
        return requests.list().map(requestItem);
      case "admin.allow":
        return this.#allow(params);
      case "admin.deny":
        return this.#deny(fields.asText(params, "an app"));
      case "admin.revoke": {
        const grant = await grants.revoke(fields.asText(params, "an app"));
        this.#options.devices.apps.reconsider(grant.identity);
        const disconnected = this.#options.disconnect(grant.identity);
        this.#options.log.info({ app: grant.identity, disconnected }, "access revoked");
        return { ...grantItem(grant), disconnected };
      }
      case "admin.namespaces":
        return this.#namespaces();
      case "admin.create":
        await this.#options.replicas.open(appNamespace(params));
        return null;
      case "admin.check":
        return this.#options.check();
      case "admin.stop":
        this.#options.stop();
        return null;
      case "write":
        if (this.#isReserved) {
          throw new MasqError(
            "MASQ_NAMESPACE_INVALID",
            "Namespaces of Masq itself can only be read. Nothing was written.",
          );
        }
        return this.#namespaceService.handle(method, params);
      default:
        return (
          this.#devicesService.handle(method, params) ??
          this.#namespaceService.handle(method, params)
        );
    }
  }

  pause(): void {
    this.#namespaceService.pause();
  }

  resume(): void {
    this.#namespaceService.resume();
  }

  close(): void {
    this.#devicesService.close();
    this.#namespaceService.close();
  }

  #deny(identity: string): null {
    this.#options.requests.deny(identity);
    this.#options.log.info({ app: identity }, "access denied");
    return null;
  }

  /** `[app, digits or null]` */
  async #allow(params: unknown): Promise<unknown> {
    const [appField, codeField] = fields.asArray(params, "an answer");
    const identity = fields.asText(appField, "an app");
    const code = fields.optional(codeField, fields.asText, "digits");
    const { grants, requests } = this.#options;
    await requests.allow(identity, code, async ({ identity: asking, name, namespaces, appKey }) => {
      await grants.allow(asking, { name, namespaces, publicKey: appKey });
    });
    this.#options.log.info({ app: identity }, "access allowed");
    this.#options.devices.apps.reconsider(identity);
    const grant = grants.list().find((one) => one.identity === identity);
    if (grant === undefined)
      throw new MasqError("MASQ_GRANT_REVOKED", "Access was revoked right after it was given.");
    return grantItem(grant);
  }

  async #namespaces(): Promise<unknown> {
    const { storage } = this.#options;
    // What Masq keeps for itself is none of an app's.
    const names = (await storage.namespaces()).filter((name) => !name.startsWith("masq:"));
    return Promise.all(
      names.map(async (namespace) => {
        const state = await storage.state(namespace);
        return { namespace, entries: state?.entries ?? 0, bytes: state?.bytes ?? 0 };
      }),
    );
  }
}

const grantItem = ({ identity, name, namespaces, keys }: Grant): Record<string, unknown> => {
  const active = keys.filter(({ revoked }) => !revoked);
  return {
    app: identity,
    name,
    namespaces,
    keys: active.length,
    added: Math.min(...keys.map(({ added }) => added)),
    lastUsed: Math.max(...keys.map(({ lastUsed }) => lastUsed)),
  };
};

const requestItem = ({
  identity,
  name,
  namespaces,
  code,
  asked,
}: AccessRequest): Record<string, unknown> => ({
  app: identity,
  name,
  namespaces,
  code,
  asked,
});
