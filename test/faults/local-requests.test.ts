/** Requests an app may not make, or not like that: refused with a code, nothing written, the connection goes on. */
import { concatBytes, utf8 } from "@masq/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { encodeItem } from "../../packages/core/src/local/cbor.ts";
import {
  codeOf,
  grantedJoiner,
  HOSTILE,
  joinAs,
  joinWithRecords,
  openWorld,
  sayHello,
  type RawApp,
  type World,
} from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
const MEBIBYTE = 1024 * 1024;
/** The kind of a record that ends its message. */
const LAST = Uint8Array.of(1);

let world: World;

beforeAll(async () => {
  world = await openWorld(directory);
});
afterAll(() => world[Symbol.asyncDispose]());
// After every attack: the store is up, its data and grants are as before, and an honest app is served.
afterEach(() => world.assertUnharmed());

/** An app with access, after its hello. */
const greeted = async (): Promise<RawApp> => {
  const app = await joinAs(world.port, grantedJoiner(world.granted));
  await sayHello(app, HOSTILE);
  return app;
};

describe("requests", () => {
  it("before hello are refused, hello twice too, and the connection goes on", async () => {
    const app = await joinAs(world.port, grantedJoiner(world.granted));
    for (const method of ["get", "write", "list", "watch", "status", "admin.stop", "nonsense"]) {
      expect(await codeOf(app.call(method, "k")), method).toBe("MASQ_MESSAGE_INVALID");
    }
    for (const params of [
      null,
      [],
      [HOSTILE],
      [HOSTILE, "text"],
      [HOSTILE, new Uint8Array(15)],
      [5, new Uint8Array(16)],
    ]) {
      expect(await codeOf(app.call("hello", params))).toBe("MASQ_MESSAGE_INVALID");
    }
    await sayHello(app, HOSTILE);
    expect(await codeOf(sayHello(app, HOSTILE))).toBe("MASQ_MESSAGE_INVALID");
    expect(await codeOf(app.call("status"))).toBe("done");
    await app.close();
  });

  it("to open a namespace without a grant for it are refused", async () => {
    const app = await joinAs(world.port, grantedJoiner(world.granted));
    for (const namespace of [
      "app:org.example.honest",
      "masq:store",
      "masq:admin",
      "https://maps.example.org",
      "",
      `${HOSTILE} `,
      "__proto__",
    ]) {
      expect(await codeOf(sayHello(app, namespace)), namespace).toBe("MASQ_GRANT_MISSING");
    }
    expect(await codeOf(app.call("requestAccess", ["Me", ["masq:store"]]))).toBe(
      "MASQ_NAMESPACE_INVALID",
    );
    await app.close();
  });

  it("of the owner's methods, or of none there is, are unknown to an app", async () => {
    const app = await greeted();
    const methods = [
      "admin.status",
      "admin.apps",
      "admin.requests",
      "admin.allow",
      "admin.deny",
      "admin.revoke",
      "admin.namespaces",
      "admin.create",
      "admin.check",
      "admin.stop",
      "drop",
      "",
      "__proto__",
      "constructor",
      "x".repeat(10_000),
    ];
    for (const method of methods) {
      expect(await codeOf(app.call(method, HOSTILE)), method).toBe("MASQ_METHOD_UNKNOWN");
    }
    expect(await codeOf(app.call("status"))).toBe("done");
    await app.close();
  });

  const small = encodeItem(null);
  const batch = (count: number, value: Uint8Array): unknown =>
    Array.from({ length: count }, (_, index) => [`k${index}`, value]);
  it.each<[string, unknown, string]>([
    ["a value over 1 MiB", [["k", encodeItem(new Uint8Array(MEBIBYTE))]], "MASQ_VALUE_TOO_LARGE"],
    [
      "a good value and one over 1 MiB",
      [
        ["a", small],
        ["k", encodeItem(new Uint8Array(MEBIBYTE))],
      ],
      "MASQ_VALUE_TOO_LARGE",
    ],
    ["1,001 operations", batch(1001, small), "MASQ_BATCH_TOO_LARGE"],
    [
      "more than 4 MiB in one batch",
      batch(5, encodeItem(new Uint8Array(860_000))),
      "MASQ_BATCH_TOO_LARGE",
    ],
    ["no operation", [], "MASQ_BATCH_INVALID"],
    ["an empty key", [["", small]], "MASQ_KEY_INVALID"],
    ["a key of 1,025 bytes", [["k".repeat(1025), small]], "MASQ_KEY_INVALID"],
    ["a key of 1,026 bytes in 342 characters", [["\u20ac".repeat(342), small]], "MASQ_KEY_INVALID"],
    ["a key of 4 MiB", [["k".repeat(4 * MEBIBYTE), small]], "MASQ_KEY_INVALID"],
    ["a value that is no CBOR", [["k", Uint8Array.of(0x61)]], "MASQ_VALUE_INVALID"],
    ["a value that is two", [["k", Uint8Array.of(1, 2)]], "MASQ_VALUE_INVALID"],
    ["a value that is text", [["k", "text"]], "MASQ_MESSAGE_INVALID"],
    ["a version that is none", [["k", small, "zz"]], "MASQ_OPTION_INVALID"],
  ])(
    "to write %s are refused with a code of their own and nothing is written",
    async (_, operations, code) => {
      const app = await greeted();
      expect(await codeOf(app.call("write", [1, operations]))).toBe(code);
      expect(await codeOf(app.call("status"))).toBe("done");
      await app.close();
    },
  );

  it("with a key that is not UTF-8 write nothing, whatever it could be mistaken for", async () => {
    const invalid = [
      [0xff],
      [0xc3, 0x28],
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x61, 0xe2, 0x82],
    ];
    for (const bytes of invalid) {
      const app = await joinWithRecords(world.port, world.granted);
      await sayHello(app, HOSTILE);
      const key = Uint8Array.of(0x60 | bytes.length, ...bytes);
      const write = concatBytes(
        Uint8Array.of(0x83, 0x18, 77, 0x65),
        utf8("write"),
        Uint8Array.of(0x82, 0x01, 0x81, 0x82),
        key,
        Uint8Array.of(0x41, 0xf6),
      );
      app.sendRecord(concatBytes(LAST, write));
      expect(await app.closed).toBe(4400);
    }
  });

  it("with malformed parameters are refused for every method", async () => {
    const app = await greeted();
    const deep: unknown = Array.from({ length: 200 }).reduce((inner: unknown) => [inner], 1);
    for (const method of ["get", "getMany", "write", "list", "conflicts", "watch", "unwatch"]) {
      for (const params of [
        5.5,
        true,
        ["k", 5],
        [[[]]],
        { prefix: 5, key: 5, limit: -1 },
        deep,
        new Uint8Array(9),
      ]) {
        expect(
          await codeOf(app.call(method, params)),
          `${method} ${JSON.stringify(params)}`,
        ).toMatch(/^MASQ_(MESSAGE|KEY|RANGE|OPTION)_INVALID$/);
      }
    }
    expect(await codeOf(app.call("status"))).toBe("done");
    await app.close();
  });
});
