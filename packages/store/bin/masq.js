#!/usr/bin/env node
// Old syntax on purpose: this line must run on any Node to say what is wrong. The SQLite binding needs Node-API 10
// and would crash an older Node without a word.
var version = process.versions.node.split(".").map(Number);
if (
  version[0] < 22 ||
  (version[0] === 22 && version[1] < 14) ||
  Number(process.versions.napi) < 10
) {
  console.error(
    "masq needs Node 22.14 or newer; this is Node " +
      process.versions.node +
      ". Install a newer one: https://nodejs.org",
  );
  process.exit(1);
}
// Left to itself V8 lets the young generation of a busy store grow to 128 MB and keeps it; a quarter of that costs no
// time. V8 takes the bound only as it starts, hence the same process once more. Where that is not possible, it stays.
var youngGeneration = "--max-semi-space-size=16";
if (
  process.argv[2] === "start" &&
  process.platform !== "win32" &&
  typeof process.execve === "function" &&
  process.execArgv.indexOf(youngGeneration) < 0
) {
  process.execve(
    process.execPath,
    [process.execPath, youngGeneration].concat(process.execArgv, process.argv.slice(1)),
    process.env,
  );
}
import("../program/main.js").then(
  function (cli) {
    return cli.main(process.argv);
  },
  function (error) {
    console.error("masq is not built here. Run `npm run build` first. (" + error.code + ")");
    process.exit(1);
  },
);
