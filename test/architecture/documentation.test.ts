/** What the documentation names is there: linked files and headings, and paths of sources. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { describe, expect, it } from "vitest";
import { listFiles, root } from "./source-files.ts";

const files = listFiles();
const pages = files.filter((path) => path.endsWith(".md"));
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, "");

/** As GitHub names them. */
const anchorsOf = (path: string): string[] =>
  [...withoutCode(textOf(path)).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] as string)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** Sources as the pages write them: from the root, or beginning with the name of a package. */
const SOURCE =
  /(?<![\w./@-])((?:packages|examples|bench|test|docs|scripts)\/[\w./*-]*\w|(?:core|node|client|store|sync-service)\/src\/[\w./*-]*\w)/g;

const isThere = (path: string): boolean =>
  path.includes("*") ? files.some((file) => matchesGlob(file, path)) : existsSync(join(root, path));

describe.each(pages)("%s", (page) => {
  it("links to what is there", () => {
    const text = withoutCode(textOf(page)).replaceAll(/`[^`\n]*`(?!\])/g, "");
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] as string)
      .filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("names sources that are there", () => {
    const named = [...textOf(page).matchAll(SOURCE)].map((match) => match[1] as string);
    expect(named.filter((path) => !isThere(path) && !isThere(`packages/${path}`))).toEqual([]);
  });
});

it("the pages are found", () => {
  expect(pages).toContain("README.md");
  expect(pages.length).toBeGreaterThan(10);
});

it("every script the pages tell to run is one of package.json", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    [...textOf(page).matchAll(/(?:^|`)npm (?:run )?([a-z0-9:]+)/gm)]
      .map((match) => match[1] as string)
      .filter((name) => !["install", "ci", "exec", "pack", "publish"].includes(name)),
  );
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

it("the lock names no registry: each machine has its own", () => {
  expect(textOf("package-lock.json")).not.toMatch(/"resolved": "\w+:\/\//);
});
