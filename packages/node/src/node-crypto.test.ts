import { noblePrimitives } from "@masq/core";
import { describe, it } from "vitest";
import { primitivesCases } from "../../core/src/testing/primitives-cases.ts";
import { nodePrimitives } from "./node-crypto.ts";

describe("primitives on node:crypto, compared with @noble", () => {
  for (const each of primitivesCases) {
    it(each.name, () => each.run(nodePrimitives, noblePrimitives));
  }
});
