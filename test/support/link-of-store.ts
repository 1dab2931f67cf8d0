/** The invitation link that a store makes for an app that holds its data itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { masqBinary } from "@masq/store/testing";

/** `masq invite --app`, whose owner says yes; the command ends when somebody has used the link. */
export const linkOfStore = async (directory: string, app: string): Promise<string> => {
  const args = ["invite", "--app", app, "--yes", "--json", "--data-dir", directory];
  const child = spawn(process.execPath, [masqBinary, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return (JSON.parse(line) as { readonly link: string }).link;
};
