import { describe, expect, it } from "vitest";
import { MasqError, type ErrorCode } from "@masq/core";
import type { NoStoreReason } from "../use-store.ts";
import { linkInstead, problemOf, problemOfReason, type Answer, type Attempt } from "./problem.ts";
import { en } from "./text/en.ts";
import { fr } from "./text/fr.ts";

const keyOf = (code: ErrorCode, attempt: Attempt, answer?: Answer): string =>
  problemOf(new MasqError(code, "text"), attempt, answer).key;

describe("what a person is told of an error", () => {
  it("tells a link that nobody used from one to which nobody answers", () => {
    expect(keyOf("MASQ_INVITATION_EXPIRED", "invite")).toBe("expired");
    expect(keyOf("MASQ_INVITATION_EXPIRED", "accept")).toBe("nobody");
  });

  it("tells whose no it was, as far as can be known", () => {
    expect(keyOf("MASQ_PAIRING_REFUSED", "invite")).toBe("refused");
    expect(keyOf("MASQ_PAIRING_REFUSED", "invite", "yes")).toBe("refused");
    expect(keyOf("MASQ_PAIRING_REFUSED", "invite", "no")).toBe("declined");
    expect(keyOf("MASQ_PAIRING_REFUSED", "accept", "typed")).toBe("digits");
  });

  it("tells a pairing that was interrupted here from one in which somebody else may have a part", () => {
    for (const attempt of ["invite", "inviteStore", "accept"] as const) {
      expect(keyOf("MASQ_CLOSED", attempt)).toBe("interrupted");
      expect(keyOf("MASQ_PAIRING_FAILED", attempt)).toBe("pairingFailed");
    }
    expect(keyOf("MASQ_CLOSED", "connect")).toBe("cancelled");
    expect(keyOf("MASQ_INVITATION_OWN", "accept")).toBe("ownLink");
  });

  it("offers a link where the page may be what keeps it from the store, and first where asking again is no use", () => {
    const offers = (["mixed-content", "absent", "refused-by-user"] as const).map((reason) =>
      linkInstead(problemOfReason(reason).key),
    );
    expect(offers).toEqual(["first", "also", "none"]);
  });

  it("tells data that were deleted under an open page from those that could never be read", () => {
    expect(keyOf("MASQ_STORAGE_DAMAGED", "connect")).toBe("damaged");
    expect(keyOf("MASQ_STORAGE_DAMAGED", "keep")).toBe("lost");
    expect(keyOf("MASQ_STORAGE_FULL", "keep")).toBe("full");
  });

  it("keeps the error's own text for whoever helps", () => {
    expect(problemOf(new MasqError("MASQ_CIRCLE_CONFLICT", "Two circles."), "invite")).toEqual({
      key: "circles",
      detail: "MASQ_CIRCLE_CONFLICT: Two circles.",
    });
  });

  it("is something for whatever is thrown", () => {
    for (const thrown of [undefined, null, "text", 7, {}, new Error("no code"), Symbol("s")])
      expect(problemOf(thrown, "connect").key).toBe("other");
    expect(keyOf("MASQ_INTERNAL", "connect")).toBe("other");
  });

  it("is another thing to do for each reason why the data are not in a store", () => {
    const reasons: readonly NoStoreReason[] = [
      "absent",
      "blocked-by-browser",
      "needs-permission",
      "refused-by-user",
      "unanswered",
      "mixed-content",
      "csp",
      "wrong-store",
      "revoked",
    ];
    const problems = reasons.map(problemOfReason);
    expect(problems.map(({ detail }) => detail)).toEqual(
      reasons.map((reason) => `no store: ${reason}`),
    );
    for (const texts of [en, fr])
      expect(new Set(problems.map(({ key }) => texts.problems[key].todo)).size).toBe(
        reasons.length,
      );
    expect(problemOfReason("of a newer client" as NoStoreReason).key).toBe("other");
  });

  it("has a title, what happened and what to do in each language", () => {
    for (const { problems } of [en, fr]) {
      for (const { title, what, todo } of Object.values(problems)) {
        expect(title).toMatch(/^[^.]+$/);
        expect([what, todo]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
      }
    }
  });
});
