/** Public names of connecting; no logic. */
export type { PeerConnectorOptions, PeerStatus, SessionOwner } from "./options.ts";
export { PeerConnector } from "./peer-connector.ts";
