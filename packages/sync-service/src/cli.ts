/** The arguments of `masq-sync-service`; each may also come from the environment, as MASQ_SYNC_SERVICE_…. */
import { Command, InvalidArgumentError, Option } from "commander";
import { MasqError, SYNC_SERVICE_PORT } from "@masq/core/relay";
import { defaultLimits, type Limits } from "./limits.ts";
import { VERSION } from "./version.ts";

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly tlsFiles: { readonly cert: string; readonly key: string } | undefined;
  readonly behindProxy: boolean;
  readonly accessTokenFile: string | undefined;
  readonly limits: Partial<Limits>;
  readonly logLevel: string;
}

interface Arguments {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly behindProxy?: true;
  readonly accessTokenFile?: string;
  readonly maxSockets?: number;
  readonly maxSocketsPerAddress?: number;
  readonly maxTokens?: number;
  readonly bytesPerSecond?: number;
  readonly logLevel: string;
}

const parseListen = (text: string): { host: string; port: number } => {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new InvalidArgumentError("It is HOST:PORT, such as 0.0.0.0:443 or [::]:443.");
  return { host: (match[1] ?? match[2]) as string, port };
};

const parseCount = (text: string): number => {
  const count = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError("It is a number from 1.");
  return count;
};

/** Slot numbers and WELCOME have 16 bits for it. */
const parseTokens = (text: string): number => {
  const count = parseCount(text);
  if (count > 65_535) throw new InvalidArgumentError("It is a number from 1 to 65535.");
  return count;
};

const parseRate = (text: string): number => {
  const rate = parseCount(text);
  if (rate > 0xffff_ffff) throw new InvalidArgumentError("It is a number below 2^32.");
  return rate;
};

const option = (flags: string, description: string): Option => {
  const made = new Option(flags, description);
  return made.env(`MASQ_SYNC_SERVICE_${made.name().replaceAll("-", "_").toUpperCase()}`);
};

const buildProgram = (): Command => {
  const usual = defaultLimits();
  return new Command("masq-sync-service")
    .description(
      "Connects a person's paired devices and passes their sealed frames along. Stores nothing.",
    )
    .version(VERSION, "--version", "show the version")
    .helpOption("-h, --help", "show this help")
    .addOption(
      option("--listen <host:port>", "where to listen; port 0 takes any free one")
        .argParser(parseListen)
        .default({ host: "127.0.0.1", port: SYNC_SERVICE_PORT }, `127.0.0.1:${SYNC_SERVICE_PORT}`),
    )
    .addOption(option("--tls-cert <file>", "certificate chain (PEM); read again on SIGHUP"))
    .addOption(option("--tls-key <file>", "its private key (PEM)"))
    .addOption(
      option(
        "--behind-proxy",
        "a proxy in front ends TLS and adds the device's address to X-Forwarded-For",
      ),
    )
    .addOption(option("--access-token-file <file>", "only devices that know this token are served"))
    .addOption(
      option(
        "--max-sockets <number>",
        `devices at once (default: ${usual.maxSockets}, 80 % of the open files allowed)`,
      ).argParser(parseCount),
    )
    .addOption(
      option(
        "--max-sockets-per-address <number>",
        `of one address (default: ${usual.maxSocketsPerAddress})`,
      ).argParser(parseCount),
    )
    .addOption(
      option(
        "--max-tokens <number>",
        `rendezvous per device (default: ${usual.maxTokens})`,
      ).argParser(parseTokens),
    )
    .addOption(
      option(
        "--bytes-per-second <number>",
        `what one device may send (default: ${usual.bytesPerSecond}; four times as much at once)`,
      ).argParser(parseRate),
    )
    .addOption(
      option("--log-level <level>", "how much is logged")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .addHelpText(
      "after",
      [
        "",
        "Plaintext is served on loopback or with --behind-proxy only. Each option can be set in the",
        "environment too: --tls-cert is MASQ_SYNC_SERVICE_TLS_CERT. Exit codes: 0 stopped, 1 failed,",
        "2 wrong usage or settings, 5 port in use.",
      ].join("\n"),
    )
    .exitOverride();
};

/** Throws what commander throws, having said it, or MASQ_OPTION_INVALID. */
export const parseArguments = (argv: readonly string[]): Settings => {
  const given = buildProgram().parse(argv).opts<Arguments>();
  const { tlsCert, tlsKey, bytesPerSecond } = given;
  const fromEnvironment = process.env["MASQ_SYNC_SERVICE_BEHIND_PROXY"];
  // Its mere presence switches it on; somebody who writes 0 or false means the opposite, and plaintext hangs on it.
  if (fromEnvironment !== undefined && !/^(?:1|true)$/.test(fromEnvironment))
    throw new MasqError(
      "MASQ_OPTION_INVALID",
      "MASQ_SYNC_SERVICE_BEHIND_PROXY is 1 or true, or not set at all.",
    );
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new MasqError("MASQ_OPTION_INVALID", "--tls-cert and --tls-key belong together.");
  return {
    ...given.listen,
    tlsFiles:
      tlsCert !== undefined && tlsKey !== undefined ? { cert: tlsCert, key: tlsKey } : undefined,
    behindProxy: given.behindProxy ?? false,
    accessTokenFile: given.accessTokenFile,
    limits: {
      ...(given.maxSockets !== undefined && { maxSockets: given.maxSockets }),
      ...(given.maxSocketsPerAddress !== undefined && {
        maxSocketsPerAddress: given.maxSocketsPerAddress,
      }),
      ...(given.maxTokens !== undefined && { maxTokens: given.maxTokens }),
      ...(bytesPerSecond !== undefined && { bytesPerSecond, bytesBurst: 4 * bytesPerSecond }),
    },
    logLevel: given.logLevel,
  };
};
