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
import("../dist/cli/main.js").then(
  function (cli) {
    return cli.main(process.argv);
  },
  function (error) {
    console.error("masq is not built here. Run `npm run build` first. (" + error.code + ")");
    process.exit(1);
  },
);
