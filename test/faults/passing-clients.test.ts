/** Clients that come and go: nothing of them stays in the store, however they went. */
import { queryObjects } from "node:v8";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Connection } from "../../packages/core/src/local/connection.ts";
import { DataService } from "../../packages/core/src/local/data-service.ts";
import { OwnWrites } from "../../packages/core/src/local/own-writes.ts";
import { QueuedSocket } from "../../packages/core/src/local/queued-socket.ts";
import { LocalSession } from "../../packages/core/src/local/session.ts";
import { CipherState } from "../../packages/core/src/noise/cipher-state.ts";
import { AppService } from "../../packages/store/src/gateway/app-service.ts";
import {
  grantedJoiner,
  HOSTILE,
  joinAs,
  openRaw,
  openWorld,
  requestOf,
  sayHello,
  unknownJoiner,
  type World,
} from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Seven connections each. */
const ROUNDS = process.env["MASQ_TEST_FULL"] === "1" ? 60 : 15;
/** Instances whose recent writes are remembered in case they come back. */
const MAX_AWAY = 64;
/** What the last answers on their way may still hold. */
const SLACK = 3;

const directory = temporaryDirectory();
let world: World;

beforeAll(async () => {
  world = await openWorld(directory);
});
afterAll(() => world[Symbol.asyncDispose]());

const KINDS = [Connection, AppService, DataService, LocalSession, QueuedSocket, CipherState];

/** Objects of a class that are reachable: collects the garbage first. */
const alive = (kind: unknown): number =>
  queryObjects(kind as Parameters<typeof queryObjects>[0], { format: "count" }) as number;

const census = (): Record<string, number> =>
  Object.fromEntries(KINDS.map((kind) => [kind.name, alive(kind)]));

/** Seven ways to come and go. */
const visit = async (round: number): Promise<void> => {
  const { port, granted, admin } = world;
  const silent = await openRaw(port);
  silent.webSocket.terminate();
  const halfway = await openRaw(port);
  halfway.webSocket.send(Uint8Array.of(1, 3, 97, 112, 112));
  halfway.webSocket.terminate();
  const garbled = await openRaw(port);
  garbled.webSocket.send(Uint8Array.of(2, 0, 0));
  await garbled.closed;
  const greeted = await joinAs(port, grantedJoiner(granted));
  greeted.webSocket.terminate();
  const used = await joinAs(port, grantedJoiner(granted));
  await sayHello(used, HOSTILE);
  await used.call("watch", [1, { prefix: "" }, null]);
  await used.call("get", "k");
  await used.close();
  const busy = await joinAs(port, grantedJoiner(granted));
  await sayHello(busy, HOSTILE);
  const calls = Array.from({ length: 100 }, () => busy.call("list", {}).catch(() => {}));
  busy.webSocket.terminate();
  await Promise.all(calls);
  const stranger = `app:org.example.stranger-${round}`;
  const asking = await joinAs(port, unknownJoiner(stranger));
  const asked = asking.call("requestAccess", ["Stranger", [stranger]]).catch(() => {});
  await requestOf(admin, stranger);
  asking.webSocket.terminate();
  await asked;
  await Promise.all([silent.closed, halfway.closed, greeted.closed, busy.closed, asking.closed]);
};

/** Waits until the store has noticed that all have gone but its owner and the honest app. */
const allGone = async (): Promise<void> => {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const status = (await world.admin.call("admin.status")) as { readonly connections: number };
    const requests = (await world.admin.call("admin.requests")) as unknown[];
    if (status.connections === 2 && requests.length === 0) return;
    if (performance.now() > deadline) throw new Error("waited in vain for the connections to end");
  }
};

/** Waits until no more of each kind are alive than `before`; says which are, if that never comes. */
const allReleased = async (before: Record<string, number>): Promise<void> => {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const left = Object.entries(census()).filter(
      ([name, count]) => count > (before[name] as number) + SLACK,
    );
    if (left.length === 0) return;
    if (performance.now() > deadline) expect(Object.fromEntries(left)).toEqual({});
    // The owner's question gives the store a turn.
    await world.admin.call("admin.status");
  }
};

it("leave nothing behind, whatever they were doing when they went", async () => {
  await visit(0);
  await allGone();
  const before = census();
  expect(before["Connection"], "the census counts at all").toBeGreaterThan(0);
  for (let round = 1; round <= ROUNDS; round += 1) await visit(round);
  await allGone();
  await allReleased(before);
  expect(alive(OwnWrites)).toBeLessThanOrEqual(MAX_AWAY + 2);
  await world.assertUnharmed();
});
