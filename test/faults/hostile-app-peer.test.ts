/** A device of an app's circle that wants more than its namespace, towards an app that holds its data itself. */
import { join } from "node:path";
import { memoryStorage, Replica, utf8, type NamespaceId } from "@masq/core";
import { loadDeviceKeys, Membership } from "@masq/core/peer";
import { databaseKey, nodeHost, nodePeerPrimitives, openWebSocket } from "@masq/node";
import { openSqliteStorage } from "@masq/node/sqlite";
import { startSyncServiceProcess } from "@masq/sync-service/testing";
import { expect, it, onTestFinished } from "vitest";
import { APP_ID, openPeer, whenValue } from "../support/peers.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const OWN = `app:${APP_ID}` as NamespaceId;
const OTHERS = ["app:org.example.other", "masq:system", "masq:store"] as NamespaceId[];

it("a member of an app's circle that offers other namespaces changes nothing but that app's own", async () => {
  const service = await startSyncServiceProcess();
  onTestFinished(() => service.stop());
  const directory = temporaryDirectory();
  const honest = await openPeer(directory, service.url);
  await honest.put("from/honest", 1);

  const storage = memoryStorage();
  const replicas = new Map<NamespaceId, Promise<Replica>>();
  const replica = (namespace: NamespaceId): Promise<Replica> => {
    const opened = replicas.get(namespace) ?? Replica.open(nodeHost, storage, namespace);
    replicas.set(namespace, opened);
    return opened;
  };
  for (const namespace of [OWN, ...OTHERS]) {
    await (await replica(namespace)).write([{ key: "from/hostile", value: utf8("\u0001") }]);
  }
  const hostile = await Membership.open({
    host: nodeHost,
    crypto: nodePeerPrimitives,
    openSocket: openWebSocket,
    storage,
    namespace: OWN,
    keys: await loadDeviceKeys(nodePeerPrimitives, nodeHost.random, storage, OWN),
    role: "app",
    scope: OWN,
    name: "Hostile",
    syncServices: [service.url],
    namespaces: async () => [...OTHERS, OWN],
    shares: () => true,
    replica,
  });
  onTestFinished(() => hostile.close());
  const invitation = await honest.pairing.invite({ confirm: () => true });
  await hostile.join(invitation.link, async () => true).done;
  await whenValue(honest, "from/hostile", (value) => value === 1);
  // Whatever was offered before its own namespace has been looked at by the time it holds what is written now.
  await honest.put("last", true, { until: "device" });
  const taken = (): NamespaceId[] => {
    const [status] = hostile.devices().filter(({ isOwn }) => !isOwn);
    return [...(status?.namespaces ?? [])]
      .filter(([, { toSend }]) => toSend === 0)
      .map(([namespace]) => namespace);
  };
  // What it has just taken in itself it has to acknowledge first.
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (taken().length > 0) resolve();
    };
    hostile.onStatus(look);
    look();
  });
  expect(taken()).toEqual([OWN]);
  await honest.close();

  const file = join(directory, `${APP_ID}.db`);
  const key = await databaseKey(`${file}-key`, file, nodeHost.random);
  const kept = await openSqliteStorage({ file, key });
  onTestFinished(() => kept.close());
  expect(await kept.namespaces()).toEqual([OWN]);
});
