import { MasqError } from "@masq/core";
import type { RelayStatus } from "@masq/core/relay";
import { describe, expect, it } from "vitest";
import { watchReach } from "./reach.ts";

const OWN = "wss://own.example.org";
const waiting = (code: "MASQ_SYNC_SERVICE_UNREACHABLE" | "MASQ_SYNC_SERVICE_REFUSED") =>
  ({ state: "waiting", error: new MasqError(code, ""), retryInMs: 1 }) as const;

describe("the reach of a sync service", () => {
  it("is told of when it fails, fails otherwise and recovers, and not at each attempt or for another one", () => {
    let look = (): void => {};
    let relays: { readonly url: string; readonly status: RelayStatus }[] = [];
    const reach = watchReach({
      onStatus: (listener) => {
        look = listener;
        return () => {};
      },
      relays: () => relays,
      syncServices: [OWN],
    });
    const news: (string | undefined)[] = [];
    const stop = reach.onChanged(() => news.push(reach.error?.code));
    const become = (status: RelayStatus, url = OWN): void => {
      relays = [{ url, status }];
      look();
    };
    become({ state: "connecting" });
    become({ state: "connected" });
    become(waiting("MASQ_SYNC_SERVICE_UNREACHABLE"));
    become({ state: "connecting" });
    become(waiting("MASQ_SYNC_SERVICE_UNREACHABLE"));
    become(waiting("MASQ_SYNC_SERVICE_REFUSED"));
    become({ state: "connected" });
    become(waiting("MASQ_SYNC_SERVICE_UNREACHABLE"), "wss://other.example.org");
    become(waiting("MASQ_SYNC_SERVICE_UNREACHABLE"));
    // Nobody is to be met there any more.
    relays = [];
    look();
    stop();
    become(waiting("MASQ_SYNC_SERVICE_UNREACHABLE"));
    expect(news).toEqual([
      "MASQ_SYNC_SERVICE_UNREACHABLE",
      "MASQ_SYNC_SERVICE_REFUSED",
      undefined,
      "MASQ_SYNC_SERVICE_UNREACHABLE",
      undefined,
    ]);
    expect(reach.error?.code).toBe("MASQ_SYNC_SERVICE_UNREACHABLE");
  });
});
