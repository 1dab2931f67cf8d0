/** The examples of the pages for app developers are correct by the types that an app gets. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./source-files.ts";

const PAGES = ["README.md", "docs/app-developers.md", "docs/api.md", "docs/masq-connect.md"];

/** What the examples take from the app around them. */
const AROUND = `
declare const { MasqClient, MasqError }: typeof import("@masq/client");
declare const masq: import("@masq/client").MasqClient;
declare const entry: import("@masq/client").Entry;
declare const key: string, value: unknown, version: string, ifVersion: string, link: string;
declare const button: HTMLButtonElement, picture: HTMLElement, field: HTMLInputElement;
declare const explain: Record<import("@masq/client").NoStoreReason, string>;
declare const merge: (values: unknown[]) => unknown;
declare const home: { name: string };
declare const ask: (...what: unknown[]) => Promise<boolean>;
declare const show: (...what: unknown[]) => void;
`;

const examplesOf = (page: string): string[] =>
  [...readFileSync(join(root, page), "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map(
    (match) => match[1] as string,
  );

const OPTIONS = {
  extends: join(root, "tsconfig.test.json"),
  compilerOptions: {
    noUnusedLocals: false,
    typeRoots: [join(root, "node_modules/@types")],
    paths: {
      "@masq/client": [join(root, "packages/client/src/index.ts")],
      "@masq/client/connect": [join(root, "packages/client/src/connect-ui/index.ts")],
    },
  },
  include: ["*.ts"],
};

it("examples in the documentation fit the types", () => {
  const directory = mkdtempSync(join(tmpdir(), "masq-examples-"));
  try {
    writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(OPTIONS));
    writeFileSync(join(directory, "around.d.ts"), AROUND);
    for (const page of PAGES) {
      const examples = examplesOf(page);
      expect(examples, `examples of ${page}`).not.toEqual([]);
      examples.forEach((example, at) => {
        const name = `${page.replaceAll("/", "-")}-${at + 1}.ts`;
        writeFileSync(join(directory, name), `${example}\nexport {};\n`);
      });
    }
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", directory], {
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
