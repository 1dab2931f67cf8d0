/** Times the way from a closed database to its first read: `node open-child.ts FILE KEY NAMESPACE ENTRY`. */
import { Replica, type NamespaceId } from "@masq/core";
import { nodeHost } from "@masq/node";
import { openSqliteStorage } from "@masq/node/sqlite";

const [file = "", key = "", namespace = "", entry = ""] = process.argv.slice(2);
const start = performance.now();
const storage = await openSqliteStorage({ file, key: Buffer.from(key, "hex") });
const replica = await Replica.open(nodeHost, storage, namespace as NamespaceId);
await replica.get(entry);
const ms = performance.now() - start;
await storage.close();
process.stdout.write(`${JSON.stringify({ ms })}\n`);
