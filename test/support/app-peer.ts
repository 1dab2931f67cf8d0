/** An app that keeps its data itself, built of core's parts: a member of its namespace's circle, on a phone as it were. */
import { memoryStorage, Replica, type NamespaceId, type Storage } from "@masq/core";
import { loadDeviceKeys, Membership } from "@masq/core/peer";
import { nodeHost, nodePeerPrimitives, openWebSocket } from "@masq/node";

export interface AppPeer {
  readonly membership: Membership;
  readonly replica: Replica;
  readonly storage: Storage;
}

export const appPeer = async (
  namespace: NamespaceId,
  syncServices: readonly string[] = [],
  name = "Phone",
): Promise<AppPeer> => {
  const storage = memoryStorage();
  const replica = await Replica.open(nodeHost, storage, namespace);
  const keys = await loadDeviceKeys(nodePeerPrimitives, nodeHost.random, storage, namespace);
  const membership = await Membership.open({
    host: nodeHost,
    crypto: nodePeerPrimitives,
    openSocket: openWebSocket,
    storage,
    namespace,
    keys,
    role: "app",
    scope: namespace,
    name,
    syncServices,
    namespaces: async () => [namespace],
    shares: (asked) => asked === namespace,
    replica: async () => replica,
  });
  return { membership, replica, storage };
};

/** Resolves when the key shows this value. */
export const shows = async (
  { replica }: AppPeer,
  key: string,
  value: Uint8Array,
): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = async (): Promise<void> => {
    const { value: found } = await replica.get(key);
    if (found !== null && Buffer.compare(found, value) === 0) resolve();
  };
  const stop = replica.onCommit(() => void look());
  await look();
  await promise;
  stop();
};
