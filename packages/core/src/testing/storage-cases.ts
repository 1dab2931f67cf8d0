/**
 * The acceptance suite of a Storage, as data: a test file maps it to its runner, a browser page runs it as it is.
 * Every implementation passes every case; the history case also compares it with memoryStorage step by step.
 */
import { fromHex, toHex, utf8 } from "../bytes/bytes.ts";
import type { Change, KeyRange, ListOptions, ReplicaState, Row, Storage } from "../storage.ts";
import { equal, isTrue, rejectsCode } from "./expect.ts";
import { runStorageHistory } from "./storage-history.ts";
import {
  MAPS,
  NOTES,
  ORDERED_KEYS,
  REPLICA_B,
  sampleRow,
  sampleState,
  showRow,
  showState,
} from "./storage-samples.ts";

export interface StorageFactory {
  /** A new, empty storage. */
  open(): Promise<Storage>;
  /** For a durable storage: the one opened last, again, after it was closed. */
  reopen?(): Promise<Storage>;
}

/** Gives each case a factory of its own. */
export type OpenStorage = () => StorageFactory;

export interface StorageCase {
  /** A sentence about behaviour. */
  readonly name: string;
  readonly run: (open: OpenStorage) => Promise<void>;
}

const show = (rows: readonly Row[]): string[] => rows.map(showRow);
const keysOf = (rows: readonly Row[]): string[] => rows.map((row) => row.key);

const write = (storage: Storage, change: Omit<Change<void>, "result">): Promise<void> =>
  storage.update(MAPS, {}, () => ({ ...change, result: undefined }));

const listing = (change: Partial<ListOptions> = {}): ListOptions => ({
  range: {},
  reverse: false,
  limit: 1000,
  maxBytes: 2 ** 30,
  liveOnly: false,
  ...change,
});

const bound = (text: string, inclusive: boolean): NonNullable<KeyRange["lower"]> => ({
  key: utf8(text),
  inclusive,
});

const on = (name: string, run: (storage: Storage) => Promise<void>): StorageCase => ({
  name,
  async run(open) {
    const storage = await open().open();
    try {
      await run(storage);
    } finally {
      await storage.close();
    }
  },
});

const filled = (keys: readonly string[]): Row[] =>
  keys.map((key, index) => sampleRow(key, index + 1));

export const storageCases: readonly StorageCase[] = [
  on("keys are listed in the order of their UTF-8 bytes, both ways", async (storage) => {
    const shuffled = ORDERED_KEYS.map((_, index) => ORDERED_KEYS[(index * 7) % 17] as string);
    await write(storage, { add: filled(shuffled) });
    equal(keysOf(await storage.list(MAPS, listing())), [...ORDERED_KEYS]);
    equal(
      keysOf(await storage.list(MAPS, listing({ reverse: true }))),
      [...ORDERED_KEYS].reverse(),
    );
  }),
  on("keys of 1024 bytes and keys with NUL are kept apart and found again", async (storage) => {
    const long = [1024, 1023].map((length) => "k".repeat(length));
    const wide = ["\u0000".repeat(1024), "\u{1f600}".repeat(256)];
    const rows = filled([...long, ...wide, "x\u0000y", "x"]);
    await write(storage, { add: rows });
    const found = await storage.get(MAPS, keysOf(rows));
    equal(
      found.map(show),
      rows.map((row) => [showRow(row)]),
    );
    equal(await storage.get(MAPS, ["k".repeat(1022), "x\u0000"]), [[], []]);
  }),
  on("many keys that are read together are found, wherever other keys lie", async (storage) => {
    // As texts the astral key comes before the private one, as UTF-8 behind it.
    const between = ["b/07", "\u{1f600}", "\uffff"];
    await write(storage, { add: filled([...between, "a", "z"]) });
    const many = Array.from({ length: 40 }, (_, index) => `b/${String(index).padStart(2, "0")}`);
    const absent = Array.from({ length: 40 }, (_, index) => `y/${index}`);
    for (const keys of [many, absent, [...absent, ...between], [...many].reverse(), []]) {
      const expected = keys.map((key) => (between.includes(key) ? [key] : []));
      equal((await storage.get(MAPS, keys)).map(keysOf), expected);
      const seen = await storage.update(MAPS, { keys }, (view) => ({
        result: keys.map((key) => keysOf(view.rows(key))),
      }));
      equal(seen, expected);
    }
  }),
  on("a range keeps to its bounds, inclusive or exclusive, both ways", async (storage) => {
    await write(storage, { add: filled(["a", "b", "b\u0000", "ba", "c", "d", "\uffff"]) });
    const within = async (range: KeyRange): Promise<string[]> => {
      const ahead = keysOf(await storage.list(MAPS, listing({ range })));
      const back = keysOf(await storage.list(MAPS, listing({ range, reverse: true })));
      equal(back, [...ahead].reverse(), "the same keys backwards");
      return ahead;
    };
    equal(await within({ lower: bound("b", true) }), ["b", "b\u0000", "ba", "c", "d", "\uffff"]);
    equal(await within({ lower: bound("b", false) }), ["b\u0000", "ba", "c", "d", "\uffff"]);
    equal(await within({ upper: bound("c", true) }), ["a", "b", "b\u0000", "ba", "c"]);
    equal(await within({ upper: bound("c", false) }), ["a", "b", "b\u0000", "ba"]);
    equal(await within({ lower: bound("b", true), upper: bound("b", true) }), ["b"]);
    equal(await within({ lower: bound("b", false), upper: bound("b", true) }), []);
    equal(await within({ lower: bound("d", true), upper: bound("b", true) }), []);
    equal(await within({ lower: bound("b", true), upper: bound("c", false) }), [
      "b",
      "b\u0000",
      "ba",
    ]);
    equal(await within({ lower: { key: Uint8Array.of(0xff), inclusive: true } }), []);
    equal(await within({ lower: { key: new Uint8Array(), inclusive: false } }), await within({}));
  }),
  on("a listing stops at its limit of keys and never cuts a key", async (storage) => {
    const siblings = [1, 2, 3].map((counter) =>
      sampleRow("b", 10 + counter, { replica: REPLICA_B, counter }),
    );
    const first = sampleRow("b", 20, { counter: 9 });
    const rows = [sampleRow("a", 1), first, ...siblings, sampleRow("c", 30)];
    await write(storage, { add: [...rows].reverse() });
    equal(show(await storage.list(MAPS, listing({ limit: 1 }))), show(rows.slice(0, 1)));
    equal(show(await storage.list(MAPS, listing({ limit: 2 }))), show(rows.slice(0, 5)));
    const back = [rows[5] as Row, ...rows.slice(1, 5)];
    equal(show(await storage.list(MAPS, listing({ limit: 2, reverse: true }))), show(back));
  }),
  on("a listing stops after the key that reaches maxBytes", async (storage) => {
    const value = new Uint8Array(99);
    await write(storage, { add: filled(["a", "b", "c", "d"]).map((row) => ({ ...row, value })) });
    const keys = async (maxBytes: number, reverse = false): Promise<string> =>
      keysOf(await storage.list(MAPS, listing({ maxBytes, reverse }))).join("");
    equal(await keys(1), "a");
    equal(await keys(100), "a");
    equal(await keys(101), "ab");
    equal(await keys(301), "abcd");
    equal(await keys(200, true), "dc");
  }),
  on(
    "liveOnly leaves tombstones out and does not count keys that have nothing else",
    async (storage) => {
      const rows = [
        sampleRow("a", 1, { value: null }),
        sampleRow("b", 2),
        sampleRow("b", 3, { replica: REPLICA_B, value: null }),
        sampleRow("c", 4, { value: null }),
        sampleRow("d", 5, { value: new Uint8Array() }),
        sampleRow("e", 6),
      ];
      await write(storage, { add: rows });
      const live = [rows[1] as Row, rows[4] as Row];
      equal(show(await storage.list(MAPS, listing({ liveOnly: true, limit: 2 }))), show(live));
      equal(show(await storage.list(MAPS, listing())), show(rows));
      const [read] = await storage.get(MAPS, ["d"]);
      equal(read?.[0]?.value?.length, 0, "an empty value is not a tombstone");
    },
  ),
  on(
    "the versions of a key come by replica and counter, and many keys in the order asked",
    async (storage) => {
      const versions = [
        sampleRow("k", 4, { counter: 2 }),
        sampleRow("k", 1, { counter: 10 }),
        sampleRow("k", 3, { replica: REPLICA_B, counter: 1 }),
        sampleRow("k", 2, { replica: REPLICA_B, counter: 300 }),
      ];
      const other = sampleRow("other", 9);
      await write(storage, {
        add: [versions[3], versions[1], other, versions[2], versions[0]] as Row[],
      });
      const found = await storage.get(MAPS, ["other", "missing", "k", "other"]);
      equal(found.map(show), [show([other]), [], show(versions), show([other])]);
      const viewed = await storage.update(MAPS, { keys: ["k"] }, (view) => ({
        result: view.rows("k"),
      }));
      equal(show(viewed), show(versions));
    },
  ),
  on("updates of one turn are applied in order, each seeing those before it", async (storage) => {
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        storage.update(MAPS, { keys: ["k"], notes: ["n"] }, (view) => {
          const before = view.rows("k");
          const counter = (view.state?.counter ?? 0) + 1;
          return {
            remove: before,
            add: [sampleRow("k", counter)],
            notes: [["n", Uint8Array.of(index)]],
            state: sampleState(counter),
            result: `${before[0]?.counter ?? 0} ${view.note("n")?.[0] ?? "none"}`,
          };
        }),
      ),
    );
    equal(results.slice(0, 3), ["0 none", "1 0", "2 1"]);
    equal(results[49], "49 48");
    equal((await storage.state(MAPS))?.counter, 50);
    equal(show(await storage.list(MAPS, listing())), [showRow(sampleRow("k", 50))]);
  }),
  on("a change that throws, or adds a version twice, is refused alone", async (storage) => {
    await write(storage, { add: [sampleRow("kept", 100)] });
    const refused = new Error("refused by the test");
    const calls = [
      write(storage, { add: [sampleRow("a", 1)], state: sampleState(1) }),
      storage.update(MAPS, {}, (): Change<void> => {
        throw refused;
      }),
      write(storage, { add: [sampleRow("kept", 101, { counter: 100 })], state: sampleState(77) }),
      write(storage, { add: [sampleRow("elsewhere", 100)], notes: [["n", Uint8Array.of(1)]] }),
      write(storage, { add: [sampleRow("b", 2)] }),
    ];
    const outcomes = await Promise.allSettled(calls);
    const statuses = outcomes.map((outcome) => outcome.status.slice(0, 3)).join(" ");
    equal(statuses, "ful rej rej rej ful");
    isTrue(
      (outcomes[1] as PromiseRejectedResult).reason === refused,
      "the error is the one thrown",
    );
    equal(keysOf(await storage.list(MAPS, listing())), ["a", "b", "kept"]);
    equal(showState(await storage.state(MAPS)), showState(sampleState(1)));
    equal(await storage.note(MAPS, "n"), undefined);
  }),
  on("a version that is removed can be added again in the same change", async (storage) => {
    const row = sampleRow("k", 1);
    await write(storage, { add: [row] });
    const moved = { ...row, arrival: 2, value: null };
    await write(storage, { remove: [row, sampleRow("never there", 9)], add: [moved] });
    equal(show(await storage.arrivals(MAPS, 0, 10, 1000)), [showRow(moved)]);
    await write(storage, { remove: [moved] });
    equal(await storage.list(MAPS, listing()), []);
    equal(await storage.arrivals(MAPS, 0, 10, 1000), []);
  }),
  on("notes are kept, replaced, deleted and found by prefix", async (storage) => {
    const note = (name: string, byte: number): [string, Uint8Array] => [name, Uint8Array.of(byte)];
    await write(storage, {
      notes: [
        note("grant/b", 2),
        note("grant/a", 1),
        note("grant", 0),
        note("grany", 9),
        note("grant/\uffff", 3),
      ],
    });
    const names = async (prefix: string): Promise<string[]> =>
      (await storage.notes(MAPS, prefix)).map(([name, value]) => `${name}=${toHex(value)}`);
    equal(await names("grant/"), ["grant/a=01", "grant/b=02", "grant/\uffff=03"]);
    await write(storage, {
      notes: [note("grant/a", 7), ["grant/b", undefined], ["absent", undefined]],
    });
    equal(await names(""), ["grant=00", "grant/a=07", "grant/\uffff=03", "grany=09"]);
    equal(await storage.note(MAPS, "grant/b"), undefined);
    equal(toHex((await storage.note(MAPS, "grant/a")) ?? new Uint8Array()), "07");
    await write(storage, { notes: [["empty", new Uint8Array()]] });
    equal((await storage.note(MAPS, "empty"))?.length, 0);
  }),
  on("arrivals come in order, in pages bounded by rows and by bytes", async (storage) => {
    const rows = ["d", "c", "b", "a"].map((key, index) =>
      sampleRow(key, (index + 1) * 10, { value: index === 2 ? null : new Uint8Array(9) }),
    );
    await write(storage, { add: [...rows].reverse() });
    equal(show(await storage.arrivals(MAPS, 0, 3, 1000)), show(rows.slice(0, 3)));
    equal(show(await storage.arrivals(MAPS, 10, 100, 1000)), show(rows.slice(1)));
    equal(show(await storage.arrivals(MAPS, 9, 100, 1)), show(rows.slice(0, 1)));
    equal(show(await storage.arrivals(MAPS, 0, 100, 11)), show(rows.slice(0, 2)));
    equal(await storage.arrivals(MAPS, 40, 100, 1000), []);
  }),
  on("a replica's state comes back as it was written", async (storage) => {
    equal(await storage.state(MAPS), undefined);
    await write(storage, { state: sampleState(5) });
    equal(showState(await storage.state(MAPS)), showState(sampleState(5)));
    await write(storage, { add: [sampleRow("k", 1)] });
    equal(
      showState(await storage.state(MAPS)),
      showState(sampleState(5)),
      "kept when a change has none",
    );
  }),
  on("namespaces share nothing, and those with a state are listed by name", async (storage) => {
    await write(storage, {
      add: [sampleRow("k", 1)],
      notes: [["n", Uint8Array.of(1)]],
      state: sampleState(1),
    });
    equal(await storage.get(NOTES, ["k"]), [[]]);
    equal(await storage.list(NOTES, listing()), []);
    equal(await storage.arrivals(NOTES, 0, 10, 1000), []);
    equal(await storage.notes(NOTES, ""), []);
    equal(await storage.state(NOTES), undefined);
    equal(await storage.namespaces(), [MAPS]);
    await storage.update(NOTES, {}, () => ({ add: [sampleRow("k", 1)], result: undefined }));
    equal(await storage.namespaces(), [MAPS]);
    await storage.update(NOTES, {}, () => ({ state: sampleState(1), result: undefined }));
    equal(await storage.namespaces(), [NOTES, MAPS]);
  }),
  on("bytes given in or handed out are not aliases of what is kept", async (storage) => {
    const row = sampleRow("k", 1);
    const state = sampleState(1);
    const note = Uint8Array.of(1, 2, 3);
    await write(storage, { add: [row], state, notes: [["n", note]] });
    const before = [showRow(sampleRow("k", 1)), showState(sampleState(1)), "010203"];
    const read = async (): Promise<string[]> => {
      const [rows] = await storage.get(MAPS, ["k"]);
      const kept = (await storage.state(MAPS)) as ReplicaState;
      const named = (await storage.note(MAPS, "n")) as Uint8Array;
      const shown = [showRow(rows?.[0] as Row), showState(kept), toHex(named)];
      for (const bytes of [rows?.[0]?.stamp, rows?.[0]?.value, kept.digest, named])
        bytes?.fill(0xee);
      return shown;
    };
    for (const bytes of [row.stamp, row.value, state.digest, note]) bytes?.fill(0xdd);
    equal(await read(), before);
    equal(await read(), before, "after what was handed out has been overwritten");
  }),
  on("a value of 1 MiB comes back whole", async (storage) => {
    const value = Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index * 31) % 251);
    await write(storage, { add: [sampleRow("large", 1, { value })] });
    const [rows] = await storage.get(MAPS, ["large"]);
    const kept = rows?.[0]?.value;
    isTrue(
      kept?.length === value.length && kept.every((byte, at) => byte === value[at]),
      "the same bytes",
    );
  }),
  on(
    "close waits for updates, can be repeated, and everything else is refused afterwards",
    async (storage) => {
      let done = false;
      const update = write(storage, { add: [sampleRow("k", 1)] }).then(() => {
        done = true;
      });
      await storage.close();
      await update;
      isTrue(done, "the update under way was committed");
      await storage.close();
      const calls: (() => Promise<unknown>)[] = [
        () => write(storage, {}),
        () => storage.get(MAPS, ["k"]),
        () => storage.list(MAPS, listing()),
        () => storage.arrivals(MAPS, 0, 1, 1),
        () => storage.state(MAPS),
        () => storage.note(MAPS, "n"),
        () => storage.notes(MAPS, ""),
        () => storage.namespaces(),
        () => storage.stat(),
      ];
      for (const call of calls) await rejectsCode(call, "MASQ_CLOSED");
    },
  ),
  on("a long random history gives the same answers as the memory storage", async (storage) => {
    await runStorageHistory(storage, 20_261_123, 300);
  }),
  {
    name: "a durable storage keeps everything when it is opened again",
    async run(open) {
      const factory = open();
      const storage = await factory.open();
      const { durable } = await storage.stat();
      equal(durable, factory.reopen !== undefined, "durable storages can be opened again");
      const rows = [...filled(ORDERED_KEYS), sampleRow("gone", 50, { value: null })];
      const large = sampleRow("large", 60, {
        value: fromHex("5a".repeat(100_000)),
        replica: REPLICA_B,
      });
      await write(storage, {
        add: [...rows, large],
        state: sampleState(3),
        notes: [["n", Uint8Array.of(9)]],
      });
      await storage.close();
      if (factory.reopen === undefined) return;
      const again = await factory.reopen();
      try {
        equal(show(await again.arrivals(MAPS, 0, 1000, 2 ** 30)), show([...rows, large]));
        equal(showState(await again.state(MAPS)), showState(sampleState(3)));
        equal(toHex((await again.note(MAPS, "n")) ?? new Uint8Array()), "09");
        equal(await again.namespaces(), [MAPS]);
        isTrue((await again.stat()).bytes > 100_000, "bytes on the medium are counted");
      } finally {
        await again.close();
      }
    },
  },
];
