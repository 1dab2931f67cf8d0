/** The part of a connection that all roles share: `hello` settles the namespace, then the data methods work on it. */
import { fromHex, toHex } from "../bytes/bytes.ts";
import type { NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import type { Replica } from "../replica/replica.ts";
import { DataService } from "./data-service.ts";
import { asArray, asBytes, asText } from "./fields.ts";
import type { Instances } from "./instances.ts";
import type { OtherDevices } from "./other-devices.ts";
import { INSTANCE_BYTES } from "./protocol.ts";
import type { StorageHealth } from "./storage-health.ts";

export interface NamespaceServiceOptions {
  readonly instances: Instances;
  /** The replica of a namespace this connection may use; rejects otherwise. */
  readonly open: (
    namespace: string,
  ) => Promise<{ readonly namespace: NamespaceId; readonly replica: Replica }>;
  readonly devices: (namespace: NamespaceId) => OtherDevices;
  /** Of what the replicas are kept in. Default: nothing is told of it. */
  readonly health?: StorageHealth | undefined;
  readonly emit: (name: string, data: unknown) => void;
  /** A newer connection of the same client instance takes over. */
  readonly replaced: () => void;
}

export class NamespaceService {
  readonly #options: NamespaceServiceOptions;
  #data: DataService | undefined;
  #isGreeted = false;
  #leave = (): void => {};
  #isClosed = false;

  constructor(options: NamespaceServiceOptions) {
    this.#options = options;
  }

  handle(method: string, params: unknown): Promise<unknown> {
    if (method === "hello") return this.#hello(params);
    return this.#data === undefined ? tooEarly() : this.#data.handle(method, params);
  }

  pause(): void {
    this.#data?.pause();
  }

  resume(): void {
    this.#data?.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#data?.close();
    this.#leave();
  }

  /** `[namespace, client instance]` -> `[replica id, position]` */
  async #hello(params: unknown): Promise<unknown> {
    const [namespaceField, instanceField] = asArray(params, "a greeting");
    const name = asText(namespaceField, "a namespace");
    const instance = toHex(asBytes(instanceField, INSTANCE_BYTES, "a client instance"));
    // Taken before anything is waited for: hellos may come one right behind the other.
    if (this.#isGreeted) {
      throw new MasqError(
        "MASQ_MESSAGE_INVALID",
        "This connection has said hello already. Nothing was done.",
      );
    }
    this.#isGreeted = true;
    const { namespace, replica } = await this.#options.open(name).catch((error: unknown) => {
      this.#isGreeted = false;
      throw error;
    });
    if (this.#isClosed) throw new MasqError("MASQ_CLOSED", "The connection was closed.");
    const joined = this.#options.instances.join(namespace, instance, this.#options.replaced);
    this.#leave = joined.leave;
    this.#data = new DataService(replica, {
      writer: instance,
      ownWrites: joined.ownWrites,
      emit: this.#options.emit,
      devices: this.#options.devices(namespace),
      health: this.#options.health,
    });
    return [fromHex(replica.id), replica.position];
  }
}

const tooEarly = async (): Promise<never> => {
  throw new MasqError(
    "MASQ_MESSAGE_INVALID",
    "Say hello with a namespace first. Nothing was done.",
  );
};
