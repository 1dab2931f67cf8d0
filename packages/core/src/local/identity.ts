/** Who an app is to the store: its web origin, as the browser vouches for it, or the id a native app claims. */
import { isAppId, isOrigin, type NamespaceId } from "../data/ids.ts";

const LOOPBACK_ORIGIN =
  /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|[a-z0-9-]+\.localhost)(?::\d{1,5})?$/;

/** A web origin that may be an app: https, or http on loopback. `null`, files and extensions are not. */
export const isAppOrigin = (origin: string): boolean =>
  isOrigin(origin) && (origin.startsWith("https://") || LOOPBACK_ORIGIN.test(origin));

/** The namespace that is an app's own; undefined when neither origin nor id can be one. */
export const ownNamespace = (
  origin: string | undefined,
  appId: string,
): NamespaceId | undefined => {
  if (origin !== undefined) return isAppOrigin(origin) ? (origin as NamespaceId) : undefined;
  return isAppId(appId) ? (`app:${appId}` as NamespaceId) : undefined;
};
