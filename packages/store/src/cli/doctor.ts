/** `masq doctor`: looks at everything the store needs, and says what to do where something is amiss. */
import type { Command } from "commander";
import { contextOf, example } from "./context.ts";
import { examine } from "./doctor-checks.ts";
import type { Finding, Mark } from "./finding.ts";
import { EXIT } from "./exit-codes.ts";
import { counted, inColour, print, printJson } from "./output.ts";

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

export const addDoctor = (program: Command): void => {
  program
    .command("doctor")
    .summary("look for what is wrong and say what to do")
    .description("Looks at everything the store needs. Ends with 1 when something fails.")
    .addHelpText("after", example("masq doctor", "masq doctor --json"))
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const findings: Finding[] = [];
      for await (const finding of examine(context)) {
        findings.push(finding);
        if (!context.json) await print(line(finding));
      }
      const count = (mark: Mark): number =>
        findings.filter((finding) => finding.mark === mark).length;
      if (context.json) await printJson(findings);
      else await print(`\n${conclusion(count("fail"), count("warn"))}`);
      process.exitCode = count("fail") === 0 ? EXIT.done : EXIT.failed;
    });
};

const line = ({ mark, check, text, todo }: Finding): string => {
  const head = `${inColour(COLOURS[mark], mark.padEnd(4))}  ${check}: ${text}`;
  return todo === undefined ? head : `${head}\n      ${todo}`;
};

const conclusion = (fails: number, warnings: number): string => {
  const rest = warnings === 0 ? "" : `${counted(warnings, "thing is", "things are")} worth a look.`;
  if (fails > 0)
    return `${counted(fails, "check fails", "checks fail")}: see above what to do. ${rest}`.trim();
  return rest === "" ? "All is well." : `Nothing fails; ${rest}`;
};
