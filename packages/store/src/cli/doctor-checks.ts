/** The checks of `masq doctor`, in the order in which one thing needs the other. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { codeOf } from "@masq/core";
import { isOpenToOthers, readKeyFile } from "@masq/node";
import { readAccess } from "../access-token.ts";
import { readConfig, type Config } from "../config.ts";
import { readRunning } from "../running-file.ts";
import { openAdminLink, type AdminLink } from "./admin-link.ts";
import type { Context } from "./context.ts";
import { checkDisk, checkPorts } from "./doctor-system.ts";
import { checkSync } from "./doctor-sync.ts";
import { messageOf, type Finding } from "./finding.ts";

const LEAST_NODE: readonly [major: number, minor: number] = [22, 14];
const LEAST_NODE_API = 10;
/** Before this version was made: a clock that says so is wrong. */
const LEAST_TIME = Date.UTC(2026, 0, 1);

/** One finding after the other, as it is found. */
export async function* examine(context: Context): AsyncGenerator<Finding> {
  const { files, hint } = context;
  yield checkNode();
  yield checkClock();
  const hasDirectory = existsSync(files.directory);
  yield await checkDirectory(context, hasDirectory);
  // Nothing can be looked at in it then.
  if (hasDirectory && !(await isDirectory(files.directory))) return;
  yield await checkDisk(files.directory);
  yield* checkKeys(context);
  let config: Config = {};
  try {
    config = await readConfig(files.config);
    await readAccess(config);
    yield {
      check: "settings",
      mark: "ok",
      text: existsSync(files.config) ? "can be read" : "none, so the defaults",
    };
  } catch (error) {
    yield { check: "settings", mark: "fail", text: messageOf(error) };
  }
  let link: AdminLink | undefined;
  try {
    link = await openAdminLink(context);
    const { pid, port } = link.running;
    yield { check: "store", mark: "ok", text: `runs and answers (process ${pid}, port ${port})` };
  } catch (error) {
    const isAbsent = codeOf(error) === "MASQ_STORE_ABSENT";
    yield isAbsent
      ? {
          check: "store",
          mark: "warn",
          text: "is not running",
          todo: `Start it with: ${hint("start")}`,
        }
      : { check: "store", mark: "fail", text: messageOf(error) };
  }
  try {
    yield* checkPorts(context, config.port, link?.running.port);
    yield link === undefined ? await checkClosedDatabase(context) : await checkOpenDatabase(link);
    yield* checkSync(context, config.syncService, link);
  } finally {
    await link?.[Symbol.asyncDispose]();
  }
}

const checkNode = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const nodeApi = Number(process.versions["napi"]);
  const isNew = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const text = `${process.versions.node} with Node-API ${nodeApi}`;
  return isNew && nodeApi >= LEAST_NODE_API
    ? { check: "Node.js", mark: "ok", text }
    : {
        check: "Node.js",
        mark: "fail",
        text: `${text} is too old`,
        todo: "Install 22.14 or newer: https://nodejs.org",
      };
};

const checkClock = (): Finding =>
  Date.now() >= LEAST_TIME
    ? { check: "clock", mark: "ok", text: new Date().toISOString() }
    : {
        check: "clock",
        mark: "warn",
        text: `says ${new Date().toISOString()}, which cannot be`,
        todo: "Set the clock: of two changes to the same entry the later one wins.",
      };

const isDirectory = async (path: string): Promise<boolean> => (await stat(path)).isDirectory();

const checkDirectory = async (
  { files: { directory }, hint }: Context,
  exists: boolean,
): Promise<Finding> => {
  const check = "data directory";
  if (!exists)
    return {
      check,
      mark: "warn",
      text: `${directory} is not there yet`,
      todo: `It is made by: ${hint("start")}`,
    };
  if (!(await isDirectory(directory))) {
    return {
      check,
      mark: "fail",
      text: `${directory} is not a directory`,
      todo: "Choose another one with --data-dir.",
    };
  }
  return (await isOpenToOthers(directory))
    ? {
        check,
        mark: "fail",
        text: `${directory} is open to other users`,
        todo: `Close it with: chmod 700 ${directory}`,
      }
    : { check, mark: "ok", text: `${directory} is yours alone` };
};

async function* checkKeys({ files }: Context): AsyncGenerator<Finding> {
  const hasDatabase = existsSync(files.database);
  for (const [check, file] of [
    ["database key", files.databaseKey],
    ["owner's key", files.adminKey],
  ] as const) {
    try {
      const key = await readKeyFile(file);
      if (key === undefined && hasDatabase && file === files.databaseKey) {
        yield {
          check,
          mark: "fail",
          text: `${file} is missing`,
          todo: "Put back a copy of it; without it the data cannot be read.",
        };
      } else if (key === undefined) {
        yield {
          check,
          mark: hasDatabase ? "warn" : "ok",
          text: "is not there yet; it is made at the next start",
        };
      } else if (await isOpenToOthers(file)) {
        yield {
          check,
          mark: "fail",
          text: `${file} is open to other users`,
          todo: `Close it with: chmod 600 ${file}`,
        };
      } else {
        yield { check, mark: "ok", text: "is there, and yours alone" };
      }
    } catch (error) {
      yield { check, mark: "fail", text: messageOf(error) };
    }
  }
}

const DAMAGED_ADVICE =
  "Copy the data directory away before anything else, then restore a backup, or let another device of yours fill an empty store.";

const databaseFinding = (result: string): Finding =>
  result === "ok"
    ? { check: "database", mark: "ok", text: "was read through and is sound" }
    : { check: "database", mark: "fail", text: `is damaged: ${result}`, todo: DAMAGED_ADVICE };

const checkOpenDatabase = async (link: AdminLink): Promise<Finding> => {
  try {
    return databaseFinding(String(await link.call("admin.check")));
  } catch (error) {
    return { check: "database", mark: "fail", text: messageOf(error) };
  }
};

const checkClosedDatabase = async ({ files }: Context): Promise<Finding> => {
  const check = "database";
  if (!existsSync(files.database))
    return { check, mark: "ok", text: "is not there yet; it is made at the first start" };
  try {
    const key = await readKeyFile(files.databaseKey);
    if (key === undefined) return { check, mark: "fail", text: "cannot be opened without its key" };
    // Loaded only here, so that an unsuitable Node.js can still be told about.
    const { openSqliteStorage } = await import("@masq/node/sqlite");
    const storage = await openSqliteStorage({ file: files.database, key });
    try {
      return databaseFinding(await storage.quickCheck());
    } finally {
      await storage.close();
    }
  } catch (error) {
    const holder = await readRunning(files.running);
    const isLocked = codeOf(error) === "MASQ_STORAGE_LOCKED";
    return isLocked
      ? {
          check,
          mark: "warn",
          text: `is held by ${holder === undefined ? "another process" : `process ${holder.pid}`}, which does not answer`,
        }
      : { check, mark: "fail", text: messageOf(error) };
  }
};
