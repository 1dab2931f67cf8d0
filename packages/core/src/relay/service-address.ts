/**
 * Addresses of sync services as people type them and devices pass them on: TLS everywhere but on this very computer,
 * and nothing in them that could be a secret (no user, query or fragment).
 */

export const MAX_ADDRESS_LENGTH = 256;

const ADDRESS =
  /^(wss?):\/\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?(\/[\w.~!$&'()*+,;=:@%/-]*)?$/i;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The address in its one form; undefined for what is none, or would go unprotected over a network. */
export const syncServiceAddress = (text: string): string | undefined => {
  if (text.length > MAX_ADDRESS_LENGTH) return undefined;
  const [, scheme = "", host = "", port = "", path = ""] = ADDRESS.exec(text) ?? [];
  const [lowScheme, lowHost] = [scheme.toLowerCase(), host.toLowerCase()];
  const isProtected = lowScheme === "wss" || (lowScheme === "ws" && LOOPBACK.test(lowHost));
  if (!isProtected || Number(port.slice(1)) > 65_535) return undefined;
  return `${lowScheme}://${lowHost}${port}${path === "/" ? "" : path}`;
};
