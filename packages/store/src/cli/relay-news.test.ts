import { describe, expect, it } from "vitest";
import { isNews } from "./relay-news.ts";

const service = (state: string, error: string | null = null) => ({ url: "wss://r", state, error });

describe("what becomes of a sync service", () => {
  it("is news when it fails, fails otherwise and recovers, and not at each attempt", () => {
    const isNew = isNews();
    const told = [
      service("unused"),
      service("connecting"),
      service("connected"),
      service("waiting", "dead"),
      service("connecting"),
      service("waiting", "dead"),
      service("waiting", "refused"),
      service("connecting"),
      service("connected"),
      service("connected"),
      service("waiting", "dead"),
    ].map(isNew);
    expect(told).toEqual([false, false, false, true, false, false, true, false, true, false, true]);
  });
});
