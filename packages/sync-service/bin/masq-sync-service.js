#!/usr/bin/env node
// Old syntax on purpose: this line must run on any Node to say what is wrong.
var version = process.versions.node.split(".").map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 14)) {
  console.error(
    "masq-sync-service needs Node 22.14 or newer; this is Node " +
      process.versions.node +
      ". Install a newer one: https://nodejs.org",
  );
  process.exit(1);
}
import("../program/main.js").then(
  function (program) {
    return program.main(process.argv);
  },
  function (error) {
    console.error(
      "masq-sync-service is not built here. Run `npm run build` first. (" + error.code + ")",
    );
    process.exit(1);
  },
);
