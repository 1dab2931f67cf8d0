/** The command line of the store: its commands, and how each of them ends. */
import { Command, CommanderError } from "commander";
import { defaultDataDirectory } from "../data-directory.ts";
import { VERSION } from "../version.ts";
import { addApps } from "./apps.ts";
import { addConfig } from "./config.ts";
import { example, PROGRAM } from "./context.ts";
import { addData } from "./data.ts";
import { addDev } from "./dev.ts";
import { addDevices } from "./devices.ts";
import { addDoctor } from "./doctor.ts";
import { EXIT, EXIT_MEANINGS, exitCodeOf, usageError, type ExitCode } from "./exit-codes.ts";
import { ignoreStreamErrors, OutputClosed, reportError } from "./output.ts";
import { addPairing } from "./pairing.ts";
import { addStart } from "./start.ts";
import { addStatus, addStop } from "./stop-status.ts";
import { addSync } from "./sync.ts";

/** Runs one command. Says what went wrong, if anything, and sets the exit code; never throws. */
export const main = async (argv: readonly string[]): Promise<void> => {
  ignoreStreamErrors();
  try {
    await buildProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = endWith(error, argv.includes("--json"));
  }
};

const endWith = (error: unknown, asJson: boolean): ExitCode => {
  if (error instanceof OutputClosed) return EXIT.done;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    // The help has been shown already.
    if (error.code === "commander.help") return EXIT.usage;
    reportError(usageError(wording(error.message)), asJson);
    return EXIT.usage;
  }
  reportError(error, asJson);
  return exitCodeOf(error);
};

/** Commander's "error: unknown option '--x'" as one of our sentences. */
const wording = (message: string): string => {
  const [text = "", ...more] = message.replace(/^error: /, "").split("\n");
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return [
    sentence.endsWith(".") ? sentence : `${sentence}.`,
    ...more,
    `See: ${PROGRAM} --help`,
  ].join(" ");
};

const exitCodesHelp = (): string =>
  `\nExit codes:\n${EXIT_MEANINGS.map(([code, meaning]) => `  ${code}  ${meaning}`).join("\n")}`;

const buildProgram = (): Command => {
  const program = new Command(PROGRAM)
    .description("Masq keeps the data of your apps on your own computer.")
    .version(VERSION, "--version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .option("--data-dir <dir>", `the store's data directory (default: ${defaultDataDirectory()})`)
    .option("--json", "answer in JSON, for programs")
    .configureHelp({ showGlobalOptions: true })
    // Errors are said by reportError, in the same way as all others.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText("after", example("masq start", "masq apps requests", "masq data list"))
    .addHelpText("after", exitCodesHelp);
  const commands = [
    addStart,
    addStop,
    addStatus,
    addApps,
    addData,
    addPairing,
    addDevices,
    addSync,
    addConfig,
    addDoctor,
    addDev,
  ];
  for (const add of commands) add(program);
  return program;
};
