/** The program `masq-sync-service`: runs one sync service in the foreground until it is told to stop. */
import { CommanderError } from "commander";
import { MasqError } from "@masq/core/relay";
import { pino } from "pino";
import { parseArguments, type Settings } from "./cli.ts";
import { startSyncService, type SyncService } from "./server.ts";
import { readAccessToken, readTls } from "./settings-files.ts";
import { VERSION } from "./version.ts";

const EXIT = { failed: 1, usage: 2, inUse: 5 } as const;
const STDERR = 2;

/** Says what went wrong, if anything, and sets the exit code; never throws. */
export const main = async (argv: readonly string[]): Promise<void> => {
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  try {
    const settings = parseArguments(argv);
    await run(settings);
  } catch (error) {
    process.exitCode = endWith(error);
  }
};

const run = async (settings: Settings): Promise<void> => {
  const { host, port, behindProxy, limits, tlsFiles, logLevel } = settings;
  const destination = pino.destination({ dest: STDERR, sync: true });
  // A reader of the log that has gone away is no reason to stop.
  destination.on("error", () => {});
  // Neither process nor machine: what runs the service knows both.
  const log = pino({ level: logLevel, base: null }, destination);
  const accessToken = readAccessToken(settings.accessTokenFile);
  const service = await startSyncService({
    host,
    port,
    behindProxy,
    limits,
    log,
    ...(tlsFiles !== undefined && { tls: readTls(tlsFiles) }),
    ...(accessToken !== undefined && { accessToken }),
  });
  obeySignals(service, () => {
    if (tlsFiles === undefined) return;
    try {
      service.replaceCertificate(readTls(tlsFiles));
    } catch {
      log.error("the new certificate cannot be used; the old one stays");
    }
  });
  const shownHost = host.includes(":") ? `[${host}]` : host;
  const scheme = tlsFiles === undefined ? "ws" : "wss";
  process.stdout.write(
    `masq-sync-service ${VERSION} is ready at ${scheme}://${shownHost}:${service.port}\n`,
  );
};

/** The first signal stops cleanly, the second at once; SIGHUP reads the certificate anew. */
const obeySignals = (service: SyncService, reload: () => void): void => {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(EXIT.failed);
      isStopping = true;
      service.stop().catch(() => {
        process.exitCode = EXIT.failed;
      });
    });
  }
  process.on("SIGHUP", reload);
};

const endWith = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (!(error instanceof MasqError)) {
    console.error(error);
    return EXIT.failed;
  }
  console.error(`masq-sync-service: ${error.message} [${error.code}]`);
  return error.code === "MASQ_PORT_IN_USE" ? EXIT.inUse : EXIT.usage;
};
