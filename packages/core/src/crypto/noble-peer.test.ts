import { describe, it } from "vitest";
import { peerPrimitivesCases } from "../testing/peer-primitives-cases.ts";
import { noblePeerPrimitives } from "./noble-peer.ts";

describe("peer primitives on @noble", () => {
  for (const each of peerPrimitivesCases) {
    it(each.name, () => each.run(noblePeerPrimitives, noblePeerPrimitives));
  }
});
