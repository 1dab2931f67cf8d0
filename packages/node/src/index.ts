/** Public names of @masq/node; no logic. SQLite is at @masq/node/sqlite. */
export { databaseKey, keyFile, readKeyFile } from "./key-file.ts";
export { nodePrimitives } from "./node-crypto.ts";
export { nodeHost } from "./node-host.ts";
export { nodePeerPrimitives } from "./node-peer.ts";
export {
  isOpenToOthers,
  preparePrivateDirectory,
  PRIVATE_DIRECTORY_MODE,
  PRIVATE_FILE_MODE,
  readOrCreatePrivateFile,
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from "./private-file.ts";
export { openWebSocket, socketOf } from "./web-socket.ts";
