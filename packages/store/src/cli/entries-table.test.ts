import { encodeValue, type Shown } from "@masq/core";
import { expect, it } from "vitest";
import { entriesTable } from "./data-entries.ts";

const entry = (key: string): Shown => ({
  key,
  value: encodeValue("x".repeat(1000)),
  version: "",
  conflict: false,
});

it("a table of entries fits a terminal, and has whole keys for programs", () => {
  const long = "k".repeat(1024);
  const entries = [entry("short"), entry(long), entry("\u001b".repeat(400))];
  const widths = entriesTable(entries, true)
    .split("\n")
    .map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThan(130);
  expect(entriesTable(entries, true)).toContain(`${"k".repeat(59)}…`);
  expect(entriesTable(entries, false)).toContain(long);
});
