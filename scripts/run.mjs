// `npm start`, `npm test` and their like: sets the clone up if need be, then runs the job on the pinned Node.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CHROMIUM, FIREFOX, XVFB, findBrowsers, node, root, setUp } from "./set-up.mjs";

const [job, ...args] = process.argv.slice(2);

/** Runs a script on the pinned Node and resolves with its exit code; signals are the child's to handle. */
const runNode = (nodeArgs, env = {}) =>
  new Promise((resolve) => {
    const path = `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH ?? ""}`;
    const child = spawn(node, nodeArgs, {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, PATH: path, ...env },
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
      process.on(signal, () => child.kill(signal));
    child.on("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });

/** Runs the test suite, or the tests whose paths begin so, and ends with one line that counts: `N passed, N failed, N skipped`. */
const test = async (env, ...paths) => {
  const browsers = findBrowsers(CHROMIUM, FIREFOX, XVFB);
  for (const { name, variable } of browsers.missing) {
    console.error(
      `No ${name} here: the tests that need it are skipped. Install one, or set ${variable}.`,
    );
  }
  const reports = mkdtempSync(join(tmpdir(), "masq-test-"));
  const report = join(reports, "report.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const code = await runNode([vitest, "run", ...paths, ...reporters, ...args], {
    ...env,
    ...browsers.env,
  });
  try {
    const counts = JSON.parse(readFileSync(report, "utf8"));
    const skipped = counts.numPendingTests + counts.numTodoTests;
    // A file that could not even be loaded has no tests to count: it counts as one failure.
    const broken = counts.testResults.filter(
      ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
    ).length;
    const line = `${counts.numPassedTests} passed, ${counts.numFailedTests + broken} failed`;
    console.log(skipped > 0 ? `${line}, ${skipped} skipped` : line);
  } catch {
    console.log("0 passed, 1 failed");
  }
  rmSync(reports, { recursive: true, force: true });
  return code;
};

const tool = (...path) => join(root, "node_modules", ...path);

/** Types, lint, format and architecture; stops at the first that fails. */
const check = async () => {
  const steps = [
    // Forced: an incremental build keeps stale errors after a change of ambient declarations.
    [tool("typescript", "bin", "tsc"), "-b", "--force"],
    [tool("typescript", "bin", "tsc"), "-p", "tsconfig.test.json"],
    [tool("oxlint", "bin", "oxlint")],
    [tool("oxfmt", "bin", "oxfmt"), "--check", "."],
    [tool("vitest", "vitest.mjs"), "run", "--project", "architecture"],
  ];
  for (const step of steps) {
    const code = await runNode(step);
    if (code !== 0) return code;
  }
  return 0;
};

const example = (...path) => join(root, "examples", ...path);

/** Builds the example app for browsers, then runs a script of the examples. */
const withFavourites = async (script) => {
  const code = await runNode([
    tool("vite", "bin", "vite.js"),
    "build",
    "--logLevel",
    "error",
    example("favourites"),
  ]);
  return code === 0 ? runNode([script, ...args]) : code;
};

const jobs = {
  start: () => withFavourites(example("places", "main.ts")),
  favourites: () => withFavourites(example("favourites", "serve.ts")),
  build: () => 0,
  check,
  test: () => test({}),
  "test:e2e": () => test({}, "test/browser/"),
  "test:full": () => test({ MASQ_TEST_FULL: "1" }),
  bench: () => runNode([join(root, "bench", "main.ts"), ...args], findBrowsers(CHROMIUM).env),
  size: () => runNode([join(root, "scripts", "size.ts"), ...args]),
};

setUp();
process.exitCode = await jobs[job]();
