/** Members of an app's circle that have gone bad, towards a page: what they may not do ends the session and nothing else. */
import { encodeValue, type NamespaceId, type ReplicaId } from "@masq/core";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outgoing } from "../../packages/core/src/sync/messages.ts";
import { beginAttempt, entries, resume, seeing, type Attempt } from "../support/attempts.ts";
import { joinBadCircle } from "../support/bad-members.ts";
import { within } from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { serveApp, type AppServer } from "./browser.ts";
import { chromium } from "./chromium.ts";
import { needing } from "./engine.ts";
import { PageSide } from "./sides.ts";
import { shows } from "./steps.ts";

type Attack = (attempt: Attempt, own: NamespaceId) => readonly Outgoing[];

const foreign =
  (namespace: string): Attack =>
  ({ offer, row }) => [offer(namespace), entries(0, [row()])];

/** Each ends the session. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  "entries of another app": foreign("app:org.example.other"),
  "settings of a store": foreign("masq:system"),
  "entries of a store's own namespace": foreign("masq:store"),
  "entries where stores keep their devices": foreign("masq:devices"),
  "a write of the page that it never made": ({ offer, row, victim, counter }, own) => [
    offer(own),
    resume(),
    entries(0, [row({ replica: victim, counter: counter + 1 })]),
  ],
  "to have seen writes of the page that it never made": ({ offer, row, victim, counter }, own) => [
    offer(own),
    resume(),
    entries(0, [row({ stamp: seeing(victim, counter + 1) })]),
  ],
  "a replica that nobody announced": ({ offer, row }, own) => [
    offer(own),
    resume(),
    entries(0, [row({ replica: "eeeeeeeeeeeeeee2" as ReplicaId })]),
  ],
  "a device log with an operation that nobody signed": () => [
    { type: "log", items: [[Uint8Array.of(1), new Uint8Array(64)]], isLast: true },
  ],
};

/** All that must be as it was: the data, what databases there are, and who is in the circle. */
const stateOf = (page: PageSide): Promise<unknown> =>
  page.run(async ({ client }) => ({
    entries: await client.list(),
    conflicts: await client.conflicts("note/1"),
    devices: (await client.devices()).map(({ id, name }) => [id, name]),
    databases: await indexedDB.databases(),
  }));

const { isSkipped, suffix } = needing(chromium);

describe.skipIf(isSkipped)(`a page whose other devices have gone bad ${suffix}`, () => {
  let app: AppServer;
  let service: SyncServiceProcess;
  let page: PageSide;

  beforeAll(async () => {
    [app, service] = await Promise.all([serveApp(), startSyncServiceProcess()]);
    page = await PageSide.open(chromium, {
      origin: app.origin,
      syncService: service.url,
      directory: temporaryDirectory(),
    });
  });
  afterAll(async () => {
    await page?.close();
    await Promise.all([app?.close(), service?.stop()]);
  });

  it("puts out those that do what they may not, and nothing has changed", async () => {
    const own = app.origin as NamespaceId;
    await page.run(({ client }) => client.put("note/1", "mine"));
    const attacks = Object.entries(ATTACKS);
    const circle = await joinBadCircle({
      link: await page.invite(),
      syncService: service.url,
      // The first pairs, and the last behaves.
      count: attacks.length + 2,
      scope: own,
    });
    const before = await stateOf(page);
    for (const [name, attack] of attacks) {
      const attempt = await beginAttempt(circle.next(), own);
      attempt.talk.say(...attack(attempt, own));
      await within(30_000, `the end after ${name}`, attempt.talk.ended);
      expect(await stateOf(page), name).toEqual(before);
    }

    // One that does as it should is served.
    const { talk, offer, row, member } = await beginAttempt(circle.next(), own);
    const value = encodeValue("from another device");
    const vector = new Map([[member.replica, 1]]);
    talk.say(offer(own), resume(), entries(0, [row({ key: "note/2", value })], vector));
    await talk.heard("ack", ({ snapshot }) => snapshot.vector.has(member.replica));
    await page.run(shows, ["note/2", "from another device"] as const);
  });
});
