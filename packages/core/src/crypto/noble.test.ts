import { describe, it } from "vitest";
import { primitivesCases } from "../testing/primitives-cases.ts";
import { noblePrimitives } from "./noble.ts";

describe("primitives on @noble", () => {
  for (const each of primitivesCases) {
    it(each.name, () => each.run(noblePrimitives, noblePrimitives));
  }
});
