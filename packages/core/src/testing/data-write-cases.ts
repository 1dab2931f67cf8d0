/** Cases of the data suite: writes, versions, conflicts and deletion. */
import {
  alone,
  byText,
  comparable,
  type DataApi,
  type DataCase,
  type DataOperation,
  keysOf,
  together,
} from "./data-api.ts";
import { equal, isTrue, rejectsCode } from "./expect.ts";

const put = (key: string, value: unknown, ifVersion?: string): DataOperation => ({
  op: "put",
  key,
  value,
  ...(ifVersion !== undefined && { ifVersion }),
});

/** Values of all siblings, sorted. */
const siblings = async (client: DataApi, key: string): Promise<unknown[]> =>
  (await client.conflicts(key)).map(({ value }) => value).toSorted(byText);

const isConflicted = async (client: DataApi, key: string): Promise<boolean | undefined> =>
  (await client.getEntry(key))?.conflict;

/** `a` and `b` edit what both have seen: `mine` is saved by b over a's edit `theirs`, which b has not seen. */
const saveOverUnseen = async (a: DataApi, b: DataApi): Promise<void> => {
  await a.put("form", "first");
  equal(await b.get("form"), "first");
  await a.put("form", "theirs");
  await b.put("form", "mine");
};

export const dataWriteCases: readonly DataCase[] = [
  together("what one client puts, the others get", async (a, b) => {
    await a.put("k", { from: "a" });
    equal(await b.get("k"), { from: "a" });
    await b.put("k", { from: "b" });
    equal(await a.get("k"), { from: "b" });
  }),
  alone("a put resolves with the token that getEntry, list and ifVersion know", async (client) => {
    const first = await client.put("k", 1);
    equal(await client.getEntry("k"), { key: "k", value: 1, version: first, conflict: false });
    equal(await client.list({}), [{ key: "k", value: 1, version: first, conflict: false }]);
    const second = await client.put("k", 2, { ifVersion: first });
    isTrue(second !== first && second !== "", "a new token");
    const [third] = await client.batch([put("k", 3, second)]);
    equal((await client.getEntry("k"))?.version, third);
  }),
  alone("a get sees the puts made before it, awaited or not", async (client) => {
    const puts: Promise<unknown>[] = [];
    for (let round = 0; round < 20; round += 1) {
      puts.push(client.put("k", round));
      equal(await client.get("k"), round);
    }
    puts.push(client.put("k", "last"));
    const listed = client.list({});
    equal(
      (await listed).map(({ value }) => value),
      ["last"],
    );
    puts.push(client.del("k"));
    equal(await client.getMany(["k"]), [undefined]);
    await Promise.all(puts);
  }),
  alone(
    "puts of one key that are not awaited never make siblings, and the last wins",
    async (client) => {
      const tokens = await Promise.all(
        Array.from({ length: 100 }, (_, index) => client.put("k", index)),
      );
      equal(new Set(tokens).size, 100);
      equal(await client.getEntry("k"), {
        key: "k",
        value: 99,
        version: tokens.at(-1),
        conflict: false,
      });
      equal((await client.conflicts("k")).length, 1);
      const mixed = [
        client.put("k", "a"),
        client.del("k"),
        client.put("k", "b"),
        client.batch([put("k", "c"), put("k", "d")]),
      ];
      await Promise.all(mixed);
      equal(await siblings(client, "k"), ["d"]);
    },
  ),
  alone("a put made while an older read is under way makes no sibling", async (client) => {
    await client.put("k", 1);
    const reading = client.get("k");
    const writing = client.put("k", 2);
    const listing = client.list({});
    await Promise.all([reading, writing, listing]);
    await client.put("k", 3);
    equal(await siblings(client, "k"), [3]);
  }),
  together("puts of many keys by two clients at once all arrive", async (a, b) => {
    const keys = (name: string): string[] =>
      Array.from({ length: 100 }, (_, index) => `${name}/${index}`);
    await Promise.all([
      ...keys("a").map((key) => a.put(key, key)),
      ...keys("b").map((key) => b.put(key, key)),
    ]);
    equal((await a.list({})).length, 200);
    equal(await b.getMany(keys("a")), keys("a"));
  }),
  together("a client that never read a key overwrites it", async (a, b) => {
    await a.put("k", "a");
    await b.put("k", "b");
    equal(await siblings(a, "k"), ["b"]);
    equal(await isConflicted(b, "k"), false);
  }),
  together("a form saved over an edit its client has not seen keeps both", async (a, b) => {
    await saveOverUnseen(a, b);
    equal(await siblings(a, "form"), ["mine", "theirs"]);
    equal(await isConflicted(a, "form"), true);
    const both = await b.conflicts("form");
    equal(both.map(({ value }) => value).toSorted(byText), ["mine", "theirs"]);
    equal(both[0]?.value, await b.get("form"), "the one shown comes first");
    isTrue(
      both.every(({ time }) => time instanceof Date && Number.isFinite(time.getTime())),
      "each has a time",
    );
    equal(new Set(both.map(({ version }) => version)).size, 2, "each has a token of its own");
    const [listed] = await a.list({});
    equal(listed, await b.getEntry("form"), "list and getEntry agree");
  }),
  together("a put by a client that has seen all siblings resolves them", async (a, b, factory) => {
    await saveOverUnseen(a, b);
    await a.conflicts("form");
    await a.get("form");
    await a.put("form", "merged");
    equal(await siblings(b, "form"), ["merged"]);
    equal(await isConflicted(b, "form"), false);

    await saveOverUnseen(a, b);
    equal((await a.list({})).length, 1);
    await a.del("form");
    equal(await siblings(b, "form"), []);
    equal(await b.get("form"), undefined);

    await saveOverUnseen(a, b);
    const third = await factory.open();
    await third.put("form", "never read it");
    await third.close();
    equal(await siblings(b, "form"), ["never read it"]);
  }),
  together("a conflict can be resolved strictly, with the token of all siblings", async (a, b) => {
    await saveOverUnseen(a, b);
    const [one] = await a.conflicts("form");
    await rejectsCode(
      () => a.put("form", "merged", { ifVersion: one?.version ?? "?" }),
      "MASQ_CONFLICT",
    );
    const entry = await a.getEntry("form");
    await a.put("form", "merged", { ifVersion: entry?.version ?? "?" });
    equal(await siblings(b, "form"), ["merged"]);
  }),
  together("an edit survives a deletion made without having seen it", async (a, b) => {
    await a.put("k", 1);
    equal(await b.get("k"), 1);
    await a.put("k", 2);
    await b.del("k");
    equal(await a.getEntry("k"), await b.getEntry("k"));
    equal(await siblings(a, "k"), [2]);
    equal(await isConflicted(a, "k"), false);

    equal(await b.get("k"), 2);
    await a.del("k");
    await b.put("k", 3);
    equal(await siblings(a, "k"), [3]);
  }),
  alone("deleting what is absent does nothing", async (client) => {
    await client.del("k");
    await client.put("k", 1);
    await client.del("k");
    await client.del("k");
    equal(await client.get("k"), undefined);
    equal(await client.getEntry("k"), undefined);
    equal(await client.conflicts("k"), []);
    await client.put("k", 2);
    equal(await siblings(client, "k"), [2]);
  }),
  together("ifVersion lets a write through only at that very version", async (a, b) => {
    const first = await a.put("k", 1);
    const second = await b.put("k", 2);
    await rejectsCode(() => a.put("k", 3, { ifVersion: first }), "MASQ_CONFLICT");
    await rejectsCode(() => a.del("k", { ifVersion: first }), "MASQ_CONFLICT");
    await rejectsCode(() => a.put("k", 3, { ifVersion: "" }), "MASQ_CONFLICT");
    equal(await siblings(b, "k"), [2]);
    await a.del("k", { ifVersion: second });
    equal(await b.get("k"), undefined);
    await rejectsCode(() => b.put("k", 3, { ifVersion: second }), "MASQ_CONFLICT");
  }),
  together("an empty ifVersion means absent, and one of several wins", async (a, b) => {
    const attempts = await Promise.allSettled([
      a.put("k", "a", { ifVersion: "" }),
      b.put("k", "b", { ifVersion: "" }),
    ]);
    equal(attempts.map(({ status }) => status).toSorted(byText), ["fulfilled", "rejected"]);
    equal((await siblings(a, "k")).length, 1);
    await a.del("k");
    // Whether there was something before makes no difference.
    await b.put("k", "again", { ifVersion: "" });
    await b.del("absent", { ifVersion: "" });
    equal(await a.get("k"), "again");
  }),
  together("a counter kept with ifVersion loses no step", async (a, b) => {
    await a.put("count", 0);
    const step = async (client: DataApi): Promise<void> => {
      for (;;) {
        const entry = await client.getEntry("count");
        try {
          await client.put("count", (entry?.value as number) + 1, {
            ifVersion: entry?.version ?? "",
          });
          return;
        } catch (error) {
          if ((error as { code?: unknown }).code !== "MASQ_CONFLICT") throw error;
        }
      }
    };
    await Promise.all(
      [a, b, a, b, a].map(async (client) => {
        for (let round = 0; round < 5; round += 1) await step(client);
      }),
    );
    equal(await a.get("count"), 25);
  }),
  alone("a batch is written whole", async (client) => {
    await client.put("b", "old");
    const tokens = await client.batch([
      put("a", 1),
      { op: "del", key: "b" },
      put("c", 3),
      { op: "del", key: "absent" },
    ]);
    equal(tokens.length, 4);
    equal([tokens[1], tokens[3]], ["", ""]);
    const listed = await client.list({});
    equal(keysOf(listed), ["a", "c"]);
    equal(
      listed.map(({ version }) => version),
      [tokens[0], tokens[2]],
    );
  }),
  together("a batch of which one operation does not fit writes nothing", async (a, b) => {
    const first = await a.put("k", 1);
    await a.put("k", 2);
    const before = comparable(await b.list({}));
    const operations = [
      put("x", 1),
      { op: "del", key: "k" } as const,
      put("k", 3, first),
      put("y", 1),
    ];
    await rejectsCode(() => a.batch(operations), "MASQ_CONFLICT");
    await rejectsCode(() => a.batch([put("x", 1), put("k", 3, "")]), "MASQ_CONFLICT");
    await rejectsCode(() => a.batch([put("x", 1), put("", 3)]), "MASQ_KEY_INVALID");
    equal(comparable(await b.list({})), before);
    await a.put("k", 4);
    equal(
      await siblings(b, "k"),
      [4],
      "a failed write leaves no trace in what its client has seen",
    );
  }),
  alone("operations of a batch on one key follow each other", async (client) => {
    await client.batch([
      put("k", 1),
      put("k", 2),
      { op: "del", key: "k" },
      put("k", 3),
      put("j", 1),
      { op: "del", key: "j" },
    ]);
    equal(await siblings(client, "k"), [3]);
    equal(await client.get("j"), undefined);
  }),
  alone("a batch holds 1,000 operations and no more", async (client) => {
    const operations = Array.from({ length: 1001 }, (_, index) => put(`k/${index}`, index));
    await rejectsCode(() => client.batch(operations), "MASQ_BATCH_TOO_LARGE");
    equal(await client.list({}), []);
    await client.batch(operations.slice(0, 1000));
    equal((await client.list({})).length, 1000);
  }),
  alone("a batch holds 4 MiB and no more", async (client) => {
    const large = (index: number): DataOperation =>
      put(`large/${index}`, new Uint8Array(1024 * 1024 - 100));
    await rejectsCode(() => client.batch([0, 1, 2, 3, 4].map(large)), "MASQ_BATCH_TOO_LARGE");
    equal(await client.list({}), []);
    await client.batch([0, 1, 2, 3].map(large));
    equal((await client.list({})).length, 4);
  }),
  together(
    "a batch of many long keys beyond ASCII is written or refused in plain words",
    async (a, b) => {
      const keys = Array.from(
        { length: 1000 },
        (_, index) => "\u20ac".repeat(339) + String(index).padStart(4, "0"),
      );
      const batch = (bytes: number): DataOperation[] =>
        keys.map((key) => put(key, new Uint8Array(bytes)));
      await rejectsCode(() => a.batch(batch(3600)), "MASQ_BATCH_TOO_LARGE");
      await a.batch(batch(3000));
      equal((await b.list({})).length, 1000);
    },
  ),
  {
    name: "a closed client refuses everything, and its other calls have been answered",
    async run(factory) {
      const client = await factory.open();
      const other = await factory.open();
      const last = client.put("k", 1);
      await last;
      await client.close();
      await client.close();
      await rejectsCode(() => client.put("k", 2), "MASQ_CLOSED");
      await rejectsCode(() => client.get("k"), "MASQ_CLOSED");
      await rejectsCode(() => client.getEntry("k"), "MASQ_CLOSED");
      await rejectsCode(() => client.getMany(["k"]), "MASQ_CLOSED");
      await rejectsCode(() => client.del("k"), "MASQ_CLOSED");
      await rejectsCode(() => client.batch([put("k", 2)]), "MASQ_CLOSED");
      await rejectsCode(() => client.list({}), "MASQ_CLOSED");
      await rejectsCode(() => client.conflicts("k"), "MASQ_CLOSED");
      await rejectsCode(async () => {
        for await (const entry of client.entries({})) return entry;
        return undefined;
      }, "MASQ_CLOSED");
      equal(await other.get("k"), 1);
      await other.close();
    },
  },
];
