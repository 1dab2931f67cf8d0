import { describe, it } from "vitest";
import { socketCases } from "../testing/socket-cases.ts";
import { socketPair } from "./socket-pair.ts";

describe("a pair of sockets in memory", () => {
  for (const { name, run } of socketCases) it(name, () => run(async () => socketPair()));
});
