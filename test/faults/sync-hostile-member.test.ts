/** A device of the owner's own circle gone bad: what it may not do ends the session and nothing else; what it may is named. */
import { once } from "node:events";
import { encodeValue, type ReplicaId } from "@masq/core";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Outgoing } from "../../packages/core/src/sync/messages.ts";
import { killAll, launch } from "../scenarios/masq-process.ts";
import { beginAttempt, entries, resume, seeing, stamp, type Attempt } from "../support/attempts.ts";
import { joinBadCircle } from "../support/bad-members.ts";
import { NAMESPACE, openComputer, type Computer } from "../support/computers.ts";
import { PATIENT, times } from "../support/long-form.ts";
import { residentBytes, within } from "../support/raw-app.ts";
import { logged, logOf, sessionEnded } from "../support/store-log.ts";

const SYSTEM = "masq:system";
const STRANGE = "eeeeeeeeeeeeeee2" as ReplicaId;
const MIB = 1024 * 1024;
const MAX_MEMORY_BYTES = 500 * MIB;
/** Of 1 MiB each: fewer than one session carries before its keys are renewed. */
const MESSAGES = times(64, 480);

let service: SyncServiceProcess;
beforeAll(async () => {
  service = await startSyncServiceProcess();
});
afterEach(killAll);
afterAll(() => service.stop());

interface World {
  readonly store: Computer;
  /** With a session in which the store has offered the namespace. */
  readonly attempt: (namespace?: string) => Promise<Attempt>;
}

const openWorld = async (members: number): Promise<World> => {
  const store = await openComputer(service.url);
  for (let index = 0; index < 20; index += 1) await store.app.put(`k/${index}`, index);
  const invitation = launch(store.directory, ["invite", "--yes"]);
  const [link] = (await once(invitation.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const paired = once(invitation, "close");
  const circle = await joinBadCircle({
    link: link.toString(),
    syncService: service.url,
    count: members + 1,
  });
  await paired;
  return { store, attempt: (namespace = NAMESPACE) => beginAttempt(circle.next(), namespace) };
};

type Attack = (attempt: Attempt) => readonly (Outgoing | Uint8Array)[];

const repeated = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));

/** Each ends the session with MASQ_MESSAGE_INVALID. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  "a write of the store that it never made": ({ offer, row, victim, counter }) => [
    offer(NAMESPACE),
    resume(),
    entries(0, [row({ replica: victim, counter: counter + 1 })]),
  ],
  "to have seen writes of the store that it never made": ({ offer, row, victim, counter }) => [
    offer(NAMESPACE),
    resume(),
    entries(0, [row({ stamp: seeing(victim, counter + 1) })]),
  ],
  "to hold more of the store's writes than there are": ({ offer, victim, counter }) => [
    offer(NAMESPACE),
    resume(),
    entries(0, [], new Map([[victim, counter + 1]])),
  ],
  "a replica that nobody announced": ({ offer, row }) => [
    offer(NAMESPACE),
    resume(),
    entries(0, [row({ replica: STRANGE })]),
  ],
  "a replica with an announcement for another namespace": ({ offer, member }) => [
    offer(NAMESPACE, 0, { announcements: [member.announcement("app:org.example.other")] }),
  ],
  "the store's own replica": ({ offer, member, victim }) => [
    offer(NAMESPACE, 0, {
      replica: victim,
      announcements: [member.announcement(NAMESPACE, victim)],
    }),
  ],
  "entries of the store's own namespace": ({ offer, row }) => [
    offer("masq:store"),
    entries(0, [row()]),
  ],
  "entries of a namespace of Masq that it does not know": ({ offer, row }) => [
    offer("masq:other"),
    entries(0, [row()]),
  ],
  "a key that is too long": ({ offer, row }) => [
    offer(NAMESPACE),
    entries(0, [row({ key: "k".repeat(1025) })]),
  ],
  "a value that is too large": ({ offer, row }) => [
    offer(NAMESPACE),
    entries(0, [row({ value: new Uint8Array(MIB + 1) })]),
  ],
  "a stamp that is too long": ({ offer, row }) => [
    offer(NAMESPACE),
    entries(0, [row({ stamp: new Uint8Array(32 * 1024 + 1) })]),
  ],
  "a setting in the name of another device": ({ offer, row }) => [
    offer(SYSTEM),
    entries(0, [row({ key: "sharing/default", replica: STRANGE, value: encodeValue("off") })]),
  ],
  "a device log with an operation that nobody signed": () => [
    { type: "log", items: [[Uint8Array.of(1), new Uint8Array(64)]], isLast: true },
  ],
  "more of the device log than one can hold": () => [
    {
      type: "log",
      items: repeated(4097, () => [Uint8Array.of(1), new Uint8Array(64)] as const),
      isLast: true,
    },
  ],
  "bytes that are no message": () => [new Uint8Array(MIB)],
};

/** All that must be as it was: what the app sees, what the owner has set, and who is in the circle. */
const stateOf = async ({ app, cli, pid }: Computer): Promise<unknown> => {
  process.kill(pid, 0);
  const { devices } = (await cli.json("devices")) as { devices: { id: string; name: string }[] };
  const { namespaces } = (await cli.json("data", "list")) as { namespaces: unknown };
  return { seen: await app.list(), devices: devices.map(({ id, name }) => [id, name]), namespaces };
};

describe("a member that claims", () => {
  it("what it may not is put out, and nothing has changed", PATIENT, async () => {
    const names = Object.keys(ATTACKS);
    const { store, attempt } = await openWorld(names.length);
    const before = await stateOf(store);
    for (const [index, name] of names.entries()) {
      const one = await attempt();
      one.talk.say(...(ATTACKS[name] as Attack)(one));
      await within(30_000, `the end after ${name}`, one.talk.ended);
      await logged(store.directory, sessionEnded, index + 1);
      expect(await residentBytes(store.pid), name).toBeLessThan(MAX_MEMORY_BYTES);
    }
    expect(await stateOf(store)).toEqual(before);
    const ends = logOf(store.directory).filter(sessionEnded);
    expect(ends).toHaveLength(names.length);
    for (const { reason } of ends) expect(reason).toMatch(/^(The other device|A device|An? )/);
    const { devices } = (await store.cli.json("sync", "status")) as {
      devices: { lastError: { code: string; text: string } | null }[];
    };
    expect(devices.filter(({ lastError }) => lastError !== null)).toHaveLength(names.length);
    expect((await store.cli("sync", "status")).out).toContain("(MASQ_MESSAGE_INVALID)");
    expect((await store.cli("doctor")).out).toContain("session with");
    await store.app.put("after", "all", {});
  });
});

describe("a member that says too much", () => {
  it(
    "without waiting for the store is put out, and the store's memory stays bounded",
    PATIENT,
    async () => {
      const { store, attempt } = await openWorld(1);
      const before = await store.app.list();
      const { talk, offer, row } = await attempt();
      const value = encodeValue(new Uint8Array(30_000));
      talk.say(
        offer(NAMESPACE),
        resume(),
        ...repeated(1000, (index) =>
          entries(0, [row({ key: `flood/${index}`, counter: index + 1, value })]),
        ),
      );
      await within(60_000, "the end of a flood", talk.ended);
      await logged(store.directory, sessionEnded);
      expect(await residentBytes(store.pid)).toBeLessThan(MAX_MEMORY_BYTES);
      expect(await store.app.get("flood/999")).toBeUndefined();
      expect(await store.app.list({ prefix: "k/" })).toEqual(before);
    },
  );

  it(
    "at the pace it is given goes on for as long as it likes, and the store serves its app",
    PATIENT,
    async () => {
      const { store, attempt } = await openWorld(1);
      const { talk, offer, row, member } = await attempt();
      const { replica } = member;
      talk.say(offer(NAMESPACE), resume());
      const value = encodeValue(new Uint8Array(MIB - 16));
      const held = (least: number): Promise<unknown> =>
        talk.heard("ack", ({ snapshot: own }) => (own.vector.get(replica) ?? 0) >= least);
      for (let counter = 1; counter <= MESSAGES; counter += 1) {
        const seen = counter === 1 ? stamp : seeing(replica, counter - 1);
        talk.say(entries(0, [row({ counter, stamp: seen, value })], new Map([[replica, counter]])));
        await held(counter - 3);
        if (counter % 16 === 0) await store.app.put("served", counter);
      }
      await held(MESSAGES);
      expect(await residentBytes(store.pid)).toBeLessThan(MAX_MEMORY_BYTES);
      expect(await store.app.list({ prefix: "k/" })).toHaveLength(20);
      expect(logOf(store.directory).filter(sessionEnded)).toEqual([]);
    },
  );
});

describe("a member", () => {
  it.each([
    ["what cannot be read", Uint8Array.of(0xff)],
    ["off", encodeValue("off")],
  ])(
    "may set what is shared to %s, which shares nothing; the owner may set it back",
    PATIENT,
    async (_, value) => {
      const { store, attempt } = await openWorld(3);
      const before = await store.app.list();
      const { talk, offer, row, member } = await attempt(SYSTEM);
      const vector = new Map([[member.replica, 1]]);
      const key = `sharing/all/${NAMESPACE}`;
      talk.say(offer(SYSTEM), resume(), entries(0, [row({ key, value })], vector));
      await talk.heard("ack", ({ snapshot: own }) => own.vector.has(member.replica));
      const other = await attempt(SYSTEM);
      other.talk.say(other.offer(NAMESPACE), entries(0, [other.row()]));
      await within(30_000, "the end of a session", other.talk.ended);
      expect(await store.app.list()).toEqual(before);
      expect(await store.cli("sync", "on", NAMESPACE.slice(4))).toMatchObject({ code: 0 });
      await attempt(NAMESPACE);
      expect(await store.app.list()).toEqual(before);
    },
  );

  it(
    "may claim writes of its own that nobody has seen, and offer namespaces: no app sees of it",
    PATIENT,
    async () => {
      const { store, attempt } = await openWorld(1);
      const before = await store.app.list();
      const { talk, offer, member } = await attempt();
      const invented = "app:org.example.invented";
      const vector = new Map([[member.replica, Number.MAX_SAFE_INTEGER]]);
      talk.say(offer(NAMESPACE), resume(), entries(0, [], vector), offer(invented, 1));
      await talk.heard("ack", ({ snapshot: own }) => own.vector.has(member.replica));
      expect((await talk.offered(invented)).snapshot.vector.size).toBe(0);
      expect(await store.app.list()).toEqual(before);
      expect(logOf(store.directory).filter(sessionEnded)).toEqual([]);
    },
  );
});
