/** Cases of the data suite: what values and keys may be. */
import { utf8 } from "../bytes/bytes.ts";
import { alone, comparable, type DataCase } from "./data-api.ts";
import { equal, isTrue, rejectsCode } from "./expect.ts";

const MIB = 1024 * 1024;

const own = (name: string, value: unknown): Record<string, unknown> =>
  Object.defineProperty({ a: 1 }, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });

/** Every type a value may have, at its edges. */
const samples: readonly (readonly [name: string, value: unknown])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["zero", 0],
  ["small integers", [1, -1, 23, 24, -24, -25, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32]],
  ["the largest safe integers", [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
  ["integers beyond the safe ones", [2 ** 53, 2 ** 60, -(2 ** 60), 2 ** 64, 2 ** 65, 1e300]],
  ["minus zero", -0],
  ["minus zero in a list", [-0, 0]],
  ["fractions", [0.1, -0.5, 1.5, 1 / 3, 5e-324, Number.MAX_VALUE]],
  ["numbers that are none", [Number.NaN, Infinity, -Infinity]],
  ["big integers", [0n, 1n, -1n, 2n ** 53n, 2n ** 64n, -(2n ** 64n), 2n ** 64n - 1n, 3n ** 500n]],
  ["empty text", ""],
  ["text of every plane", "a\u0000\u00e9\u20ac\ufeff\uffff\u{1f600}\u{10ffff} e\u0301"],
  ["long text", "\u{1f642}".repeat(10_000)],
  ["no bytes", new Uint8Array(0)],
  ["bytes", Uint8Array.from({ length: 300 }, (_, index) => index % 256)],
  [
    "dates",
    [0, 1, -1, 1001, 999_999_999_999, 1_795_392_000_001, 8.64e15, -8.64e15].map(
      (ms) => new Date(ms),
    ),
  ],
  ["an empty list", []],
  ["an empty object", {}],
  ["odd names", { "": 1, " ": 2, "\u{1f600}": 3, length: 4, "0": 5, constructor: 6, toString: 7 }],
  ["nested things", { a: [{ b: [null, { c: new Date(5), d: Uint8Array.of(1) }] }, [[[]]], 5n] }],
];

class Point {
  x = 1;
}

const cyclic = (): unknown => {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
};

const refusals: readonly (readonly [name: string, value: unknown])[] = [
  ["half of a surrogate pair", "a\ud800"],
  ["half of a surrogate pair in a name", { "\udc00": 1 }],
  ["undefined", undefined],
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a Map", new Map([["a", 1]])],
  ["a Set", new Set([1])],
  ["a regular expression", /a/],
  ["a typed array that is not of bytes", new Float64Array([1.5])],
  ["undefined in a list", [1, undefined]],
  ["a function in an object", { a: { b: () => 1 } }],
  ["an integer of more than 1,024 bytes", 2n ** 8200n],
  ["an object of a class", new Point()],
  ["an object of a class in a list", [new Point()]],
  ["an error", new Error("e")],
  ["a promise", Promise.resolve(1)],
  ["a number in a box", Object(5)],
  ["a symbol in an object", { a: Symbol("s") }],
  ["a hole in a list", Array(1)],
  ["a cycle", cyclic()],
];

/** Where the text of a refusal says that the fault is. */
const places: readonly (readonly [value: unknown, place: string])[] = [
  [new Map(), "value"],
  [{ a: [{ b: 1 }, { b: new Map() }] }, "value.a[1].b"],
  [[1, [2, undefined]], "value[1][1]"],
  [{ skipped: undefined, point: new Point() }, "value.point"],
  [{ a: { "\udc00": 1 } }, "value.a"],
  [{ title: "ab\ud800" }, "value.title"],
];

export const dataValueCases: readonly DataCase[] = [
  alone("a value of every type comes back as it was put", async (client) => {
    for (const [name, value] of samples) {
      await client.put(`value/${name}`, value);
      equal(comparable(await client.get(`value/${name}`)), comparable(value), name);
    }
    const listed = await client.list({ prefix: "value/" });
    equal(listed.length, samples.length);
    const expected = new Map(samples.map(([name, value]) => [`value/${name}`, comparable(value)]));
    equal(new Map(listed.map(({ key, value }) => [key, comparable(value)])), expected);
  }),
  alone("minus zero keeps its sign", async (client) => {
    await client.put("k", -0);
    isTrue(Object.is(await client.get("k"), -0), "it is minus zero");
  }),
  alone("a key that is absent is undefined, one that holds null is null", async (client) => {
    await client.put("null", null);
    equal(await client.get("null"), null);
    equal(await client.get("absent"), undefined);
    equal(await client.getEntry("absent"), undefined);
    equal(await client.getMany(["absent", "null"]), [undefined, null]);
  }),
  alone("a property that is undefined is left out", async (client) => {
    await client.put("k", { a: undefined, b: 1, c: { d: undefined } });
    equal(await client.get("k"), { b: 1, c: {} });
  }),
  alone("what is not a value is refused, and nothing is written", async (client) => {
    await client.put("k", "before");
    for (const [name, value] of refusals) {
      try {
        await rejectsCode(() => client.put("k", value), "MASQ_VALUE_INVALID");
      } catch (error) {
        throw new Error(`${name} is refused`, { cause: error });
      }
      const batch = () =>
        client.batch([
          { op: "put", key: "other", value: 1 },
          { op: "put", key: "k", value },
        ]);
      await rejectsCode(batch, "MASQ_VALUE_INVALID");
    }
    equal(await client.get("k"), "before");
    equal(await client.get("other"), undefined);
  }),
  alone("a refusal says where in the value the fault is", async (client) => {
    for (const [value, place] of places) {
      const text = await client.put("k", value).then(
        () => "",
        (error: unknown) => (error as Error).message,
      );
      isTrue(text.includes(`, which ${place} is not;`), `${text} names ${place}`);
    }
    equal(await client.get("k"), undefined);
  }),
  alone("an object without a prototype is a plain one", async (client) => {
    await client.put("k", Object.assign(Object.create(null) as object, { a: 1 }));
    equal(await client.get("k"), { a: 1 });
  }),
  alone("a value nested too deep to be read is refused", async (client) => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    await client.put("k", nested(256));
    equal(await client.get("k"), nested(256));
    await client.del("k");
    await rejectsCode(() => client.put("k", nested(257)), "MASQ_VALUE_INVALID");
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    await rejectsCode(() => client.put("k", deep), "MASQ_VALUE_INVALID");
    equal(await client.get("k"), undefined);
  }),
  alone("a value may take 1 MiB encoded and no more", async (client) => {
    const largest = new Uint8Array(MIB - 5).fill(7);
    await client.put("k", largest);
    const read = await client.get("k");
    isTrue(
      read instanceof Uint8Array && read.length === MIB - 5 && read.every((byte) => byte === 7),
      "it came back",
    );
    await rejectsCode(() => client.put("k", new Uint8Array(MIB - 4)), "MASQ_VALUE_TOO_LARGE");
    await rejectsCode(() => client.put("other", "x".repeat(MIB)), "MASQ_VALUE_TOO_LARGE");
    equal(await client.get("other"), undefined);
  }),
  alone("a property called __proto__ does no harm and comes back", async (client) => {
    const nested = own("__proto__", { polluted: true });
    await client.put("k", { inner: nested });
    const read = (await client.get("k")) as { inner: object };
    isTrue(Object.hasOwn(read.inner, "__proto__"), "it is a property like any other");
    equal(Object.getOwnPropertyDescriptor(read.inner, "__proto__")?.value, { polluted: true });
    isTrue(
      Object.getPrototypeOf(read.inner) === Object.prototype,
      "the prototype is the usual one",
    );
    equal(({} as { polluted?: unknown }).polluted, undefined);
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      equal(await client.get(key), undefined);
      await client.put(key, { key });
      equal(await client.get(key), { key });
      await client.del(key);
      equal(await client.get(key), undefined);
    }
  }),
  alone("what the caller changes afterwards does not change what was put", async (client) => {
    const value = { list: [1], bytes: Uint8Array.of(1) };
    const put = client.put("k", value);
    value.list.push(2);
    value.bytes[0] = 9;
    await put;
    equal(await client.get("k"), { list: [1], bytes: Uint8Array.of(1) });
    const read = (await client.get("k")) as { list: number[]; bytes: Uint8Array };
    read.list.push(3);
    read.bytes[0] = 8;
    equal(await client.get("k"), { list: [1], bytes: Uint8Array.of(1) });
  }),
  alone("a key is text of 1 to 1,024 bytes of UTF-8", async (client) => {
    const good = [
      "a",
      " ",
      "\u0000",
      "\ufeff",
      "\u{1f600}",
      "x".repeat(1024),
      "\u20ac".repeat(341),
      "\u{1f600}".repeat(256),
    ];
    for (const key of good) {
      await client.put(key, utf8(key).length);
      equal(await client.get(key), utf8(key).length);
    }
    equal((await client.list({})).length, good.length);
    const bad = [
      "",
      "x".repeat(1025),
      "\u20ac".repeat(342),
      "\u{1f600}".repeat(257),
      "\ud800",
      "a\udc00",
      undefined,
      null,
      1,
      {},
    ];
    for (const wrong of bad) {
      const key = wrong as string;
      await rejectsCode(() => client.put(key, 1), "MASQ_KEY_INVALID");
      await rejectsCode(() => client.get(key), "MASQ_KEY_INVALID");
      await rejectsCode(() => client.getEntry(key), "MASQ_KEY_INVALID");
      await rejectsCode(() => client.getMany(["a", key]), "MASQ_KEY_INVALID");
      await rejectsCode(() => client.del(key), "MASQ_KEY_INVALID");
      await rejectsCode(() => client.batch([{ op: "del", key }]), "MASQ_KEY_INVALID");
      await rejectsCode(() => client.conflicts(key), "MASQ_KEY_INVALID");
    }
  }),
];
