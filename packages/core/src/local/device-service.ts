/** The methods about other devices: how far they are, and waiting until they hold what was written. */
import type { VersionVector } from "../data/version-vector.ts";
import { MasqError } from "../errors.ts";
import { asArray, asUint } from "./fields.ts";
import { troubleItem } from "./answers.ts";
import type { OtherDevices } from "./other-devices.ts";
import type { StorageHealth } from "./storage-health.ts";

/** Waits one connection may hold; a client needs one for each number of devices and turn. */
export const MAX_HELD_WAITS = 1024;
/** More devices than anybody has. */
const MAX_DEVICES = 1024;

export interface DeviceServiceOptions {
  readonly devices: OtherDevices;
  /** Of what the replica is kept in. Default: nothing is told of it. */
  readonly health?: StorageHealth | undefined;
  /** Of our replica, with all it has written up to now. */
  readonly vector: () => Promise<VersionVector>;
  readonly emit: (name: string, data: unknown) => void;
}

export class DeviceService {
  readonly #options: DeviceServiceOptions;
  readonly #endById = new Map<number, () => void>();
  #endStatus: (() => void)[] = [];
  #isClosed = false;

  constructor(options: DeviceServiceOptions) {
    this.#options = options;
  }

  list(): unknown {
    return this.#options.devices.list();
  }

  get trouble(): unknown {
    return troubleItem(this.#options.health?.trouble);
  }

  /** -> the trouble there is. From now on a `status` or `trouble` event follows every change. */
  watchStatus(): unknown {
    const { devices, health, emit } = this.#options;
    if (this.#endStatus.length === 0)
      this.#endStatus = [
        devices.onChanged(() => emit("status", devices.list())),
        health?.onChanged(() => emit("trouble", this.trouble)) ?? (() => {}),
      ];
    return this.trouble;
  }

  /** `[wait id, devices]`: a `held` event with the id follows when so many others hold all that was written so far. */
  async hold(params: unknown): Promise<null> {
    const [idField, devicesField] = asArray(params, "a wait");
    const id = asUint(idField, "a wait id");
    const count = asUint(devicesField, "a number of devices");
    if (count === 0 || count > MAX_DEVICES || this.#endById.has(id)) throw invalid();
    if (this.#endById.size >= MAX_HELD_WAITS) throw invalid();
    // Taken at once, so that the id cannot come twice while the vector is read.
    this.#endById.set(id, () => {});
    const vector = await this.#options.vector();
    if (this.#isClosed || !this.#endById.has(id)) return null;
    // In a later turn, behind the reply that says that the wait is there.
    const held = (): void => {
      if (this.#endById.delete(id)) this.#options.emit("held", id);
    };
    const end = this.#options.devices.whenHeld(vector, count, () => queueMicrotask(held));
    if (this.#endById.has(id)) this.#endById.set(id, end);
    return null;
  }

  unhold(params: unknown): null {
    const id = asUint(params, "a wait id");
    this.#endById.get(id)?.();
    this.#endById.delete(id);
    return null;
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#endStatus) end();
    for (const end of this.#endById.values()) end();
    this.#endById.clear();
  }
}

const invalid = (): MasqError =>
  new MasqError(
    "MASQ_MESSAGE_INVALID",
    "This wait is there already, there are too many of them, or it names an impossible number of devices. What was written is safe.",
  );
