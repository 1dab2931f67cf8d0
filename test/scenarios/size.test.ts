/** What the client library costs a web page is a promise of the README. */
import { expect, it } from "vitest";
import {
  CLIENT_BUDGET_BYTES,
  clientSize,
  CONNECT_BUDGET_BYTES,
  connectSize,
  PEER_BUDGET_BYTES,
} from "../../scripts/size.ts";

it("the client library for browsers keeps to its budgets, compressed", async () => {
  const { client, peer, qr } = await clientSize();
  expect(client).toBeLessThanOrEqual(CLIENT_BUDGET_BYTES);
  expect(client).toBeGreaterThan(10_000);
  // Apart, so that a page with a store loads none of it.
  expect(peer).toBeLessThanOrEqual(PEER_BUDGET_BYTES);
  expect(peer).toBeGreaterThan(30_000);
  expect(qr).toBeGreaterThan(1000);
});

it("the element <masq-connect> keeps to its budget, compressed", async () => {
  const compressed = await connectSize();
  expect(compressed).toBeLessThanOrEqual(CONNECT_BUDGET_BYTES);
  expect(compressed).toBeGreaterThan(5_000);
});
