// Sets up a fresh clone: installs, builds, and for the tests finds a browser. Plain JavaScript on built-in modules,
// because nothing is installed yet when it runs, and on whatever Node the machine has.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, "node_modules", ".bin", name);

/** Node of the pinned version, installed with everything else. */
export const node = bin(process.platform === "win32" ? "node.exe" : "node");

/** Runs a command to its end; its output appears only when it fails. Exits with its code then. */
const runQuietly = (what, command, args) => {
  const started = Date.now();
  process.stderr.write(`${what}…`);
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status === 0) {
    process.stderr.write(` ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    return;
  }
  process.stderr.write(` failed\n${stdout ?? ""}${stderr ?? ""}\n`);
  process.exit(status ?? 1);
};

const time = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);

const install = () => {
  // npm writes this file at the end of every complete installation.
  const installed = time(join(root, "node_modules", ".package-lock.json"));
  if (installed >= time(join(root, "package-lock.json")) && existsSync(node)) return;
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // Not `npm ci`: it refuses a lock file written where the registry lacks some platform's optional packages.
  runQuietly("Installing packages", npm, ["install", "--no-save", "--no-audit", "--no-fund"]);
};

const inPackages = (...paths) => paths.map((path) => time(join(root, "packages", path)));

const build = () => {
  runQuietly("Building", node, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
  const compiled = ["core", "node", "store", "sync-service"].map(
    // Written only when something had to be compiled.
    (name) => `${name}/tsconfig.tsbuildinfo`,
  );
  const programs = ["store/program/main.js", "sync-service/program/main.js"];
  if (Math.max(...inPackages(...compiled)) > Math.min(...inPackages(...programs)))
    runQuietly("Bundling the programs", node, [join(root, "scripts", "bundle-programs.ts")]);
};

export const setUp = () => {
  install();
  build();
};

/**
 * The browsers of the tests. Each is looked for where its variable says and in the usual places: programs, not scripts that
 * start them, because tests end them by their process id.
 */
export const CHROMIUM = {
  name: "Chromium",
  variable: "CHROMIUM_PATH",
  debianPackage: "chromium",
  places: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
};
export const FIREFOX = {
  name: "Firefox",
  variable: "FIREFOX_PATH",
  debianPackage: "firefox-esr",
  places: ["/usr/bin/firefox-esr", "/usr/lib/firefox/firefox", "/usr/lib64/firefox/firefox"],
};
/** No browser, but what one needs to have a window where there is no screen. */
export const XVFB = {
  name: "Xvfb",
  variable: "XVFB_PATH",
  debianPackage: "xvfb",
  places: ["/usr/bin/Xvfb"],
};

const pathOf = ({ variable, places }) =>
  [process.env[variable], ...places].find((path) => path && existsSync(path));

/** Installs from Debian's packages what is not there, where that is possible. */
const installBrowsers = (browsers) => {
  const missing = browsers.filter((browser) => pathOf(browser) === undefined);
  const mayInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (missing.length === 0 || !mayInstall) return;
  const names = missing.map(({ name }) => name).join(" and ");
  process.stderr.write(`Installing Debian's ${names} for the browser tests…\n`);
  const quiet = { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  spawnSync("apt-get", ["update", "-qq"], quiet);
  for (const { debianPackage } of missing) {
    const options = ["-y", "-qq", "--no-install-recommends"];
    spawnSync("apt-get", ["install", ...options, debianPackage], quiet);
  }
};

/** The variables that say where these browsers are, and which of them are nowhere. */
export const findBrowsers = (...browsers) => {
  installBrowsers(browsers);
  const found = browsers.map((browser) => ({ ...browser, path: pathOf(browser) }));
  return {
    env: Object.fromEntries(
      found.flatMap(({ variable, path }) => (path === undefined ? [] : [[variable, path]])),
    ),
    missing: found.filter(({ path }) => path === undefined),
  };
};
