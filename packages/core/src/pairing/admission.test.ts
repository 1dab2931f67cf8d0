import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admissionOf } from "./admission.ts";
import type { NamespaceId } from "../data/ids.ts";
import type { Offer } from "./messages.ts";

const offers: fc.Arbitrary<Offer> = fc.record({
  circle: fc.constantFrom("aa".repeat(32), "bb".repeat(32)),
  members: fc.integer({ min: 1, max: 3 }),
  lists: fc.boolean(),
  admits: fc.boolean(),
  role: fc.constantFrom("store", "app"),
  scope: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    "https://maps.example.org" as NamespaceId,
  ),
});

describe("who stays", () => {
  it("is one that may list the other, and nobody is taken out of a circle with others", () => {
    fc.assert(
      fc.property(offers, offers, (inviter, joiner) => {
        const isSame = inviter.circle === joiner.circle;
        const admission = admissionOf(inviter, joiner);
        if ("error" in admission) {
          const { code } = admission.error;
          const areLarge = inviter.members > 1 && joiner.members > 1;
          const isSameScope = inviter.scope === joiner.scope;
          expect(code === "MASQ_CIRCLE_CONFLICT").toBe(isSameScope && !isSame && areLarge);
          return;
        }
        expect(inviter.scope).toBe(joiner.scope);
        if (admission.admitter === undefined) {
          expect(isSame && inviter.lists && joiner.lists).toBe(true);
          return;
        }
        const [admitter, entrant] =
          admission.admitter === "inviter" ? [inviter, joiner] : [joiner, inviter];
        expect(admitter.lists || admitter.admits).toBe(true);
        expect(admitter.members).toBeGreaterThanOrEqual(entrant.members);
        expect(isSame || entrant.members === 1).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("is the inviter when all is equal, the larger circle otherwise", () => {
    const store = {
      circle: "aa",
      members: 1,
      lists: false,
      admits: true,
      role: "store",
      scope: undefined,
    } as const;
    const other = { ...store, circle: "bb" };
    expect(admissionOf(store, other)).toEqual({ admitter: "inviter" });
    expect(admissionOf(store, { ...other, members: 2 })).toEqual({ admitter: "joiner" });
    expect(admissionOf({ ...store, members: 2 }, other)).toEqual({ admitter: "inviter" });
    expect(admissionOf({ ...store, admits: false }, other)).toEqual({ admitter: "joiner" });
    expect(admissionOf(store, { ...other, admits: false })).toEqual({ admitter: "inviter" });
    // A device that was listed once and never heard of it.
    expect(admissionOf(other, { ...store, members: 2, lists: true })).toEqual({
      admitter: "joiner",
    });
  });
});
