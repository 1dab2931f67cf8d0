/** Why a sync service does not start, in words its operator can act on. */
import { MasqError } from "@masq/core/relay";

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);

/** Frames are sealed, but ids and side keys are not: who reads them along could take a device's place. */
export const checkPlaintext = (
  options: { readonly tls?: unknown; readonly behindProxy?: boolean },
  host: string,
): void => {
  if (options.tls !== undefined || options.behindProxy === true || isLoopback(host)) return;
  throw new MasqError(
    "MASQ_CONFIG_INVALID",
    "Without TLS the sync service listens on this computer only. Give it --tls-cert and --tls-key, or --behind-proxy if a proxy in front of it ends TLS.",
  );
};

export const badCertificate = (cause: unknown): MasqError =>
  new MasqError(
    "MASQ_CONFIG_INVALID",
    "The certificate and key cannot be used: they must be PEM and belong together.",
    { cause },
  );

export const listenFailed = (cause: NodeJS.ErrnoException, port: number): MasqError => {
  if (cause.code === "EADDRINUSE") {
    return new MasqError(
      "MASQ_PORT_IN_USE",
      `Another program uses port ${port}. Stop it, or choose another port with --listen.`,
      { cause },
    );
  }
  return new MasqError(
    "MASQ_CONFIG_INVALID",
    cause.code === "EACCES"
      ? `This user may not listen on port ${port}. Choose a port above 1023, or give the program CAP_NET_BIND_SERVICE.`
      : "This machine cannot listen on that address. Correct --listen.",
    { cause },
  );
};
