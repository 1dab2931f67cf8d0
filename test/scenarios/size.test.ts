/** What the client library costs a web page is a promise of the README. */
import { expect, it } from "vitest";
import { CLIENT_BUDGET_BYTES, clientSize } from "../../scripts/size.ts";

it("the client library for browsers keeps to its budget, compressed", async () => {
  const { compressed } = await clientSize();
  expect(compressed).toBeLessThanOrEqual(CLIENT_BUDGET_BYTES);
  expect(compressed).toBeGreaterThan(10_000);
});
