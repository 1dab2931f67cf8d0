/** A store in a process of its own: `node store-child.ts DIRECTORY APP_ID`. */
import { startStore } from "@masq/store";

const [directory = "", appId = ""] = process.argv.slice(2);
const store = await startStore({ directory, port: 0, allow: [appId] });
process.once("SIGTERM", () => void store.stop());
process.stdout.write(`${JSON.stringify({ port: store.port })}\n`);
