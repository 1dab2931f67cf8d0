/** Services for one test each. */
import type { Limits } from "../limits.ts";
import { startSyncService, type SyncService, type SyncServiceOptions } from "../server.ts";

const services: SyncService[] = [];

/** On any free port, and for one address that opens many sockets. */
export const start = async (
  limits: Partial<Limits> = {},
  options: SyncServiceOptions = {},
): Promise<SyncService> => {
  const service = await startSyncService({
    port: 0,
    limits: { addressBurst: 10_000, ...limits },
    ...options,
  });
  services.push(service);
  return service;
};

export const stopAll = async (): Promise<void> => {
  for (const service of services.splice(0)) await service.stop();
};
