/** Keys that are not the app's own, requests for access without measure, and grants taken back. */
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { ACCESS_TIMEOUT_MS, type NamespaceId } from "@masq/core";
import { manualClock } from "@masq/core/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { AccessRequests } from "../../packages/store/src/gateway/access-requests.ts";
import {
  adminJoiner,
  askAccess,
  codeOf,
  grantedJoiner,
  headersOf,
  HOSTILE,
  joinAs,
  newKey,
  openWorld,
  requestOf,
  sayHello,
  unknownJoiner,
  within,
  type Granted,
  type RawApp,
  type World,
} from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
let world: World;

beforeAll(async () => {
  world = await openWorld(directory);
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.assertUnharmed());

/** A web app that its owner allows in the usual way. */
const allowedWebApp = async (origin: string): Promise<Granted> => {
  const asking = askAccess(world.port, origin);
  await requestOf(world.admin, origin);
  await world.admin.call("admin.allow", [origin, null]);
  return asking;
};

const revoke = (identity: string): Promise<unknown> => world.admin.call("admin.revoke", identity);

describe("a key", () => {
  const origin = "https://a.example";
  const refused = (joiner: Parameters<typeof joinAs>[1], headers = {}): Promise<string> =>
    codeOf(joinAs(world.port, joiner, headers));

  it("works from no other origin, from no native app and with no other private key", async () => {
    const web = await allowedWebApp(origin);
    const app = await joinAs(world.port, grantedJoiner(web), headersOf(origin));
    expect(await codeOf(sayHello(app, origin))).toBe("done");
    await app.close();
    for (const headers of [
      {},
      ...["https://b.example", "https://a.example:8443", "http://localhost:80"].map(headersOf),
    ]) {
      expect(await refused(grantedJoiner(web), headers)).toBe("MASQ_STORE_MISMATCH");
    }
    for (const stolen of [
      { ...web, key: newKey() },
      { ...web, identity: HOSTILE as NamespaceId },
      { ...web, keyId: world.granted.keyId },
    ]) {
      expect(await refused(grantedJoiner(stolen), headersOf(origin))).toBe("MASQ_STORE_MISMATCH");
    }
    expect(
      await refused(grantedJoiner(world.granted), headersOf(origin)),
      "a native app's, in a page",
    ).toBe("MASQ_STORE_MISMATCH");
    expect(await refused(grantedJoiner({ ...world.granted, key: newKey() }))).toBe(
      "MASQ_STORE_MISMATCH",
    );
    expect(await refused(grantedJoiner({ ...world.granted, keyId: new Uint8Array(16) }))).toBe(
      "MASQ_STORE_MISMATCH",
    );
    await revoke(origin);
    world.forget(origin);
  });

  it("of the owner is refused to pages and to whoever does not hold it", async () => {
    const admin = await adminJoiner(world.directory);
    expect(await refused(admin, headersOf(origin))).toBe("MASQ_STORE_MISMATCH");
    expect(await refused(admin, headersOf("http://localhost:5173"))).toBe("MASQ_STORE_MISMATCH");
    expect(await refused({ ...admin, key: newKey() } as typeof admin)).toBe("MASQ_STORE_MISMATCH");
  });

  it("is not needed to claim an app id, but a claim without a grant opens nothing", async () => {
    const app = await joinAs(world.port, unknownJoiner("app:org.example.honest"));
    expect(await codeOf(sayHello(app, "app:org.example.honest"))).toBe("MASQ_GRANT_MISSING");
    await app.close();
    for (const id of [
      "app:nodots",
      "app:",
      "app:a..b",
      "app:org.example/../x",
      `app:a.${"b".repeat(254)}`,
    ]) {
      expect(await refused(unknownJoiner(id)), id).toMatch(
        /^MASQ_(STORE_UNREACHABLE|SESSION_FAILED)$/,
      );
    }
  });
});

describe("requests for access", () => {
  const ask = async (
    identity: string,
    name = "App",
  ): Promise<{ app: RawApp; answer: Promise<string> }> => {
    const app = await joinAs(world.port, unknownJoiner(identity), headersOf(identity));
    return { app, answer: codeOf(app.call("requestAccess", [name, [identity]])) };
  };

  it("wait five at a time and one for each app, and go when their connection goes", async () => {
    const origins = Array.from({ length: 5 }, (_, index) => `https://many${index}.example`);
    const waiting = await Promise.all(origins.map((origin) => ask(origin)));
    for (const origin of origins) await requestOf(world.admin, origin);
    for (const identity of [
      "https://sixth.example",
      origins[0] as string,
      "app:org.example.other",
    ]) {
      const { app, answer } = await ask(identity);
      expect(await answer).toBe("MASQ_ACCESS_BUSY");
      await app.close();
    }
    await Promise.all(waiting.map(({ app }) => app.close()));
    for (const { answer } of waiting) expect(await answer).toBe("MASQ_STORE_UNREACHABLE");
    // There is room again.
    const next = await ask("https://next.example");
    await requestOf(world.admin, "https://next.example");
    await next.app.close();
    expect(await next.answer).toBe("MASQ_STORE_UNREACHABLE");
    while (((await world.admin.call("admin.requests")) as unknown[]).length > 0);
  });

  it("that were refused are refused again at once, without asking the owner", async () => {
    const origin = "https://insistent.example";
    const { app, answer } = await ask(origin);
    await requestOf(world.admin, origin);
    await world.admin.call("admin.deny", origin);
    expect(await answer).toBe("MASQ_ACCESS_REFUSED");
    expect(await codeOf(sayHello(app, origin))).toBe("MASQ_GRANT_MISSING");
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const again = await ask(origin);
      expect(await again.answer).toBe("MASQ_ACCESS_REFUSED");
      await again.app.close();
    }
    expect(await world.admin.call("admin.requests")).toEqual([]);
    await app.close();
  });

  it("answered with other digits than the app shows allow nothing", async () => {
    const origin = "https://digits.example";
    const { app, answer } = await ask(origin);
    const { code } = await requestOf(world.admin, origin);
    expect(code).toBe(app.code);
    const other = app.code === "000000" ? "000001" : "000000";
    expect(await codeOf(world.admin.call("admin.allow", [origin, other]))).toBe(
      "MASQ_OPTION_INVALID",
    );
    await world.admin.call("admin.deny", origin);
    expect(await answer).toBe("MASQ_ACCESS_REFUSED");
    await app.close();
  });

  it.each<[string, string]>([
    ["\u202Egro.knab\u202C safe", "gro.knab safe"],
    ["Bank\u0000\u001b[2J\r\nAllowed: yes", "Bank[2JAllowed: yes"],
    ["\u200b\u200f\ufeffMaps\u2066\u2069", "Maps"],
    ["a\u2028b\u2029c\ue000d\u{e0041}e", "abcde"],
    ["x".repeat(1000), "x".repeat(40)],
    ["\u202e".repeat(300), ""],
  ])("show the app's name without what could mislead: %#", async (name, shown) => {
    const origin = `https://name${shown.length}-${name.length}.example`;
    const { app, answer } = await ask(origin, name);
    expect(await requestOf(world.admin, origin)).toMatchObject({ name: shown });
    await app.close();
    await answer;
    while (((await world.admin.call("admin.requests")) as unknown[]).length > 0);
  });

  it("that are malformed, or made by an app that has access, ask nobody", async () => {
    const app = await joinAs(
      world.port,
      unknownJoiner("https://odd.example"),
      headersOf("https://odd.example"),
    );
    const many = Array.from({ length: 17 }, (_, index) => `https://odd${index}.example`);
    for (const params of [
      null,
      [],
      ["n"],
      ["n", []],
      ["n", "https://odd.example"],
      [5, ["https://odd.example"]],
      ["n", [5]],
      ["n", many],
    ]) {
      expect(await codeOf(app.call("requestAccess", params))).toBe("MASQ_MESSAGE_INVALID");
    }
    for (const namespace of [
      "masq:store",
      "masq:admin",
      "https://x.example/",
      "",
      "app:x",
      "file://",
    ]) {
      expect(await codeOf(app.call("requestAccess", ["n", [namespace]]))).toBe(
        "MASQ_NAMESPACE_INVALID",
      );
    }
    await app.close();
    const granted = await joinAs(world.port, grantedJoiner(world.granted));
    expect(await codeOf(granted.call("requestAccess", ["n", ["https://odd.example"]]))).toBe(
      "MASQ_MESSAGE_INVALID",
    );
    await granted.close();
  });

  it("that have been answered or have expired leave a later one of the same app alone", async () => {
    const clock = manualClock();
    const requests = new AccessRequests(clock);
    const request = {
      identity: "https://a.example" as NamespaceId,
      name: "",
      namespaces: [],
      appKey: new Uint8Array(32),
      code: "",
      asked: 0,
    };
    const first = requests.ask(request);
    const expired = codeOf(first.answered);
    clock.advance(ACCESS_TIMEOUT_MS);
    expect(await expired).toBe("MASQ_ACCESS_EXPIRED");
    const second = requests.ask(request);
    first.withdraw();
    expect(requests.list()).toHaveLength(1);
    const allowed = codeOf(second.answered);
    await requests.allow(request.identity, undefined, async () => {});
    expect(await allowed).toBe("done");
  });
});

describe("a revoked grant", () => {
  it("closes the app's live connections at once and its calls under way fail typed", async () => {
    const origin = "https://revoked.example";
    const granted = await allowedWebApp(origin);
    const apps = await Promise.all(
      [1, 2, 3].map(() => joinAs(world.port, grantedJoiner(granted), headersOf(origin))),
    );
    for (const app of apps) await sayHello(app, origin);
    const [first] = apps as [RawApp];
    await first.call("watch", [1, { prefix: "" }, null]);
    // Never answered before the revocation is: the store takes up a bounded number of reads at a time.
    const calls = Array.from({ length: 20_000 }, () => first.call("list", {}));
    const codes = Promise.all(calls.map(codeOf));
    expect(await revoke(origin)).toMatchObject({ app: origin, disconnected: 3 });
    for (const app of apps) {
      expect(await app.closed).toBe(4403);
      expect(app.events.items.at(-1)).toEqual(["revoked", null]);
      expect(await codeOf(app.call("get", "k"))).toBe("MASQ_STORE_UNREACHABLE");
    }
    for (const code of new Set(await codes))
      expect(["done", "MASQ_STORE_UNREACHABLE"]).toContain(code);
    // Coming back: only to be told so, and to be shut out.
    const again = await joinAs(world.port, grantedJoiner(granted), headersOf(origin));
    expect(await codeOf(sayHello(again, origin))).toMatch(
      /^MASQ_(GRANT_MISSING|STORE_UNREACHABLE)$/,
    );
    expect(await again.closed).toBe(4403);
    expect(again.events.items).toEqual([["revoked", null]]);
    world.forget(origin);
  });

  it("is told to MasqClient, both to one that is connected and to one that comes back later", async () => {
    const id = "org.example.guest";
    const connect = (name: string, onConsent?: () => void): Promise<MasqClient> =>
      MasqClient.connect({
        app: { name: "Guest", id },
        directory: join(directory, name),
        store: { url: `ws://127.0.0.1:${world.port}` },
        onConsent,
      });
    const allowed = async (name: string): Promise<MasqClient> => {
      const asking = connect(name, () => {});
      await requestOf(world.admin, `app:${id}`);
      await world.admin.call("admin.allow", [`app:${id}`, null]);
      return asking;
    };
    const away = await allowed("guest-away");
    await away.close();
    const live = await allowed("guest-live");
    await live.put("k", 1);
    const ended = new Promise<string | undefined>((resolve) =>
      live.on("status", (status) => resolve(status.ended?.code)),
    );
    await revoke(`app:${id}`);
    expect(await within(10_000, "the end", ended)).toBe("MASQ_GRANT_REVOKED");
    expect(await codeOf(live.put("k", 2))).toBe("MASQ_GRANT_REVOKED");
    expect(await codeOf(live.get("k"))).toBe("MASQ_GRANT_REVOKED");
    expect(await codeOf(connect("guest-away"))).toBe("MASQ_GRANT_REVOKED");
    expect(await codeOf(connect("guest-away")), "then it is as if it had never had access").toBe(
      "MASQ_GRANT_MISSING",
    );
    world.forget(`app:${id}`);
  });
});
