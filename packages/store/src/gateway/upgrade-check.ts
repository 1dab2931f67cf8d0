/**
 * Who may open a WebSocket at all. A browser sends Host and Origin by itself and a page cannot change them: the exact
 * Host defeats DNS rebinding, the Origin tells which app is asking (docs/security.md, "The local socket").
 */
import type { IncomingMessage } from "node:http";
import { isAppOrigin, LOCAL_SUBPROTOCOL } from "@masq/core";
import { RELAY_SUBPROTOCOL } from "@masq/core/peer";

export type UpgradeCheck =
  | { readonly ok: true; readonly origin: string | undefined; readonly isRelay: boolean }
  | { readonly ok: false; readonly status: number; readonly reason: string };

const refuse = (status: number, reason: string): UpgradeCheck => ({ ok: false, status, reason });

export const isOwnHost = (host: string | undefined, port: number): boolean =>
  host === `127.0.0.1:${port}` || host === `localhost:${port}`;

export const checkUpgrade = (request: IncomingMessage, port: number): UpgradeCheck => {
  const { host, origin } = request.headers;
  if (!isOwnHost(host, port)) return refuse(421, "Misdirected Request");
  if (request.url !== "/") return refuse(404, "Not Found");
  if (origin !== undefined && !isAppOrigin(origin)) return refuse(403, "Forbidden");
  const offered = (request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((name) => name.trim());
  const isLocal = offered.includes(LOCAL_SUBPROTOCOL);
  if (!isLocal && !offered.includes(RELAY_SUBPROTOCOL)) return refuse(400, "Bad Request");
  return { ok: true, origin, isRelay: !isLocal };
};
