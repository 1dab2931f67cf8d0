/** The shape of the project, kept mechanically: who may import whom, no circles, no file too full to know. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "@masq/core";
import { resolveImport, root, sourceFiles, type SourceFile } from "./source-files.ts";

const MAX_LINES = 400;
const files = sourceFiles();

const packageOf = (path: string): string | undefined => /^packages\/([^/]+)\/src\//.exec(path)?.[1];
const isTest = (path: string): boolean => path.endsWith(".test.ts");

/** What each package may import of the others: manager -> client -> core <- store, and Node's bindings beside them. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  node: ["@masq/core", "@masq/core/peer"],
  client: ["@masq/core", "@masq/core/peer", "@masq/node", "@masq/node/sqlite"],
  // A sync service to develop apps with (`masq dev`).
  store: ["@masq/core", "@masq/core/peer", "@masq/node", "@masq/node/sqlite", "@masq/sync-service"],
  // Nothing that could open what it passes on.
  "sync-service": ["@masq/core/relay"],
};

/** An example is an app as anybody would write it: the client, and for those that need one a store to try it with. */
const ALLOWED_IN_EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  favourites: ["@masq/client", "@masq/client/connect"],
  places: ["@masq/client", "@masq/store/testing", "@masq/sync-service/testing"],
};

/** Folders of core from the ground up; an import goes down or stays in its folder. */
const LAYERS: readonly (readonly string[])[] = [
  ["errors", "host", "host-globals", "storage", "bytes"],
  ["relay", "defects"],
  ["crypto"],
  ["data", "noise"],
  ["replica", "memory-storage", "channel", "circle"],
  ["local", "sync", "pairing"],
  ["connect"],
  ["membership"],
  ["testing", "index", "peer"],
];

/** Type-only knots at the ground: the interfaces name types of the layers above them. */
const GROUND_TYPES = ["storage", "host"];

/** `@masq/node/sqlite` is a path into the package `@masq/node`. */
const packageName = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

const folderOf = (path: string): string =>
  path
    .replace("packages/core/src/", "")
    .split("/")[0]
    ?.replace(/(?:\.d)?\.ts$/, "") ?? "";

const layerOf = (path: string): number =>
  LAYERS.findIndex((folders) => folders.includes(folderOf(path)));

const ofPackage = (name: string): SourceFile[] =>
  files.filter(({ path }) => packageOf(path) === name && !isTest(path));

describe("architecture", () => {
  it("finds the sources", () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it.each(Object.keys(ALLOWED))("package %s imports only what lies below it", (name) => {
    const wrong = ofPackage(name).flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => specifier.startsWith("@masq/"))
        .filter((specifier) => !(ALLOWED[name] as readonly string[]).includes(specifier))
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(ALLOWED_IN_EXAMPLES))("example %s imports what it declares", (name) => {
    const folder = `examples/${name}/`;
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Record<
      string,
      Record<string, string>
    >;
    const declared = ["dependencies", "devDependencies"].flatMap((field) =>
      Object.keys(manifest[field] ?? {}),
    );
    const isAllowed = (specifier: string): boolean =>
      specifier.startsWith("@masq/")
        ? (ALLOWED_IN_EXAMPLES[name] as readonly string[]).includes(specifier)
        : /^(?:node|virtual):/.test(specifier) || declared.includes(packageName(specifier));
    const own = files.filter(({ path }) => path.startsWith(folder) && !isTest(path));
    expect(own.length).toBeGreaterThan(0);
    const wrong = own.flatMap(({ path, imports }) =>
      imports
        .filter((specifier) =>
          specifier.startsWith(".")
            ? !resolveImport(path, specifier).startsWith(folder)
            : !isAllowed(specifier),
        )
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it("every example has its rule", () => {
    const names = files.flatMap(({ path }) => /^examples\/([^/]+)\//.exec(path)?.[1] ?? []);
    expect([...new Set(names)].toSorted()).toEqual(Object.keys(ALLOWED_IN_EXAMPLES).toSorted());
  });

  it("core touches no platform", () => {
    const wrong = ofPackage("core").flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => /^(?:node:|ws$|better-sqlite3)/.test(specifier))
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it("only the client's platform files and its browser storage know where they run", () => {
    const wrong = ofPackage("client")
      .filter(({ path }) => !/\/(?:platform|peer-mode\/indexed-db)\//.test(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter((specifier) => /^(?:node:|@masq\/node|idb$)/.test(specifier))
          .map((specifier) => `${path} imports ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  it("cryptographic libraries are imported by core's noble files alone", () => {
    const importers = files
      .filter(
        ({ path, imports }) =>
          !isTest(path) && imports.some((specifier) => specifier.startsWith("@noble/")),
      )
      .map(({ path }) => path);
    expect(importers).toEqual([
      "packages/core/src/crypto/noble-peer.ts",
      "packages/core/src/crypto/noble-symmetric.ts",
      "packages/core/src/crypto/noble.ts",
    ]);
  });

  it("inside core an import goes down or stays in its folder", () => {
    const wrong = ofPackage("core").flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => resolveImport(path, specifier))
        .filter((target) => {
          const isSame = folderOf(target) === folderOf(path);
          return (
            !isSame && layerOf(target) >= layerOf(path) && !GROUND_TYPES.includes(folderOf(path))
          );
        })
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
    expect(ofPackage("core").filter(({ path }) => layerOf(path) === -1)).toEqual([]);
  });

  it("the interfaces at the ground import types alone", () => {
    const wrong = ofPackage("core")
      .filter(({ path }) => GROUND_TYPES.includes(folderOf(path)))
      .flatMap(({ path, text }) => (/^import (?!type )/m.test(text) ? [path] : []));
    expect(wrong).toEqual([]);
  });

  it("no file imports itself through others", () => {
    const importsByPath = new Map(
      files.map(({ path, text }) => {
        // Types vanish when compiled: only what is left can make a circle at run time.
        const lasting = text.replaceAll(
          /(?:import|export) type [^;]*?from\s*["'][^"']+["'];?/g,
          "",
        );
        const targets = [...lasting.matchAll(/from\s*["'](\.[^"']+)["']/g)].map((match) =>
          resolveImport(path, match[1] as string),
        );
        return [path, targets] as const;
      }),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path))
        circles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      if (done.has(path) || trail.includes(path)) return;
      for (const target of importsByPath.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    };
    for (const { path } of files) visit(path, []);
    expect(circles).toEqual([]);
  });

  it(`no file is longer than ${MAX_LINES} lines`, () => {
    const long = files
      .filter(({ text }) => text.split("\n").length > MAX_LINES + 1)
      .map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it("docs/errors.md has one heading for each code and no other", () => {
    const documented = [
      ...readFileSync(join(root, "docs/errors.md"), "utf8").matchAll(/^### `?(MASQ_[A-Z_]+)`?/gm),
    ].map((match) => match[1]);
    expect(documented.toSorted()).toEqual([...ERROR_CODES].toSorted());
  });

  it("every dependency of a package is declared by it", () => {
    const wrong = Object.keys(ALLOWED).flatMap((name) => {
      const manifest = JSON.parse(
        readFileSync(join(root, "packages", name, "package.json"), "utf8"),
      ) as Record<string, Record<string, string>>;
      const declared = new Set(
        ["dependencies", "peerDependencies"].flatMap((field) => Object.keys(manifest[field] ?? {})),
      );
      return ofPackage(name).flatMap(({ path, imports }) =>
        imports
          .filter((specifier) => !/^(?:\.|node:|#)/.test(specifier))
          .map(packageName)
          .filter((dependency) => !declared.has(dependency))
          .map((dependency) => `${path} imports ${dependency}`),
      );
    });
    expect(wrong).toEqual([]);
  });
});
