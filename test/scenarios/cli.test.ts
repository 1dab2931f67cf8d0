/** The command line as its users meet it: the built program as a child process, in a directory of its own. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MasqClient, type ConsentRequest } from "@masq/client";
import { nodeHost, writePrivateFile } from "@masq/node";
import { MIGRATIONS, openSqliteStorage } from "@masq/node/sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cliFor, killAll, launch, outcomeOf, start, type Running } from "./masq-process.ts";

const root = mkdtempSync(join(tmpdir(), "masq-cli-"));

afterAll(() => {
  killAll();
  rmSync(root, { recursive: true, force: true });
});

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

const APP = "org.example.notes";
/** The groups run side by side; the tests of the first two need those before them. */
const IN_ORDER = { concurrent: false };

describe.concurrent("a running store", () => {
  const directory = join(root, "running");
  const masq = cliFor(directory);
  let store: Running;
  beforeAll(async () => {
    store = await start(directory);
  });

  it("says where it is, and keeps its files to its owner", IN_ORDER, async () => {
    const status = await masq.json("status");
    expect(status).toMatchObject({
      port: store.port,
      pid: store.child.pid,
      directory,
      encrypted: true,
    });
    expect(status).toMatchObject({ connections: 0, namespaces: [] });
    expect((await masq("status")).out).toContain(`127.0.0.1:${store.port} (this computer only)`);
    expect(modeOf(directory)).toBe("700");
    const names = readdirSync(directory);
    expect(names).toEqual(
      expect.arrayContaining(["store.db", "store.key", "admin.key", "running.json"]),
    );
    for (const name of names) expect([name, modeOf(join(directory, name))]).toEqual([name, "600"]);
  });

  it("refuses a second one in the same directory, and says who holds it", IN_ORDER, async () => {
    const { code, err } = await masq("start", "--port", "0");
    expect(code).toBe(5);
    expect(err).toContain(`process number ${store.child.pid}`);
    expect(err).toContain(`port ${store.port}`);
    expect(err).toContain("[MASQ_STORAGE_LOCKED]");
    expect((await masq("status")).code).toBe(0);
  });

  it("refuses a port that is taken, with the directory left free", IN_ORDER, async () => {
    const other = join(root, "other");
    const { code, err } = await cliFor(other)("start", "--port", String(store.port));
    expect([code, err]).toEqual([
      5,
      expect.stringContaining("Your data are untouched. [MASQ_PORT_IN_USE]"),
    ]);
    const dev = await cliFor(other)("dev", "--port", "0", "--sync-port", String(store.port));
    expect(dev).toMatchObject({ code: 5, err: expect.stringContaining("port with --sync-port.") });
  });

  it("takes 5,000 entries in and gives the same ones out", IN_ORDER, async () => {
    const lines = Array.from({ length: 5000 }, (_, index) =>
      JSON.stringify({
        key: `entry/${String(index).padStart(5, "0")}`,
        value:
          index % 10 === 0
            ? { $bytes: Buffer.from(`${index}`).toString("base64") }
            : { text: "x".repeat(index % 300), index },
      }),
    );
    const text = `${lines.join("\n")}\n`;
    const imported = await masq.withInput(text, "data", "import", APP, "-", "--json", "--create");
    expect(imported).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(imported.out)).toMatchObject({ namespace: `app:${APP}`, imported: 5000 });
    const exported = await masq("data", "export", APP);
    // Not compared by the runner: it would print 5,000 lines.
    expect([exported.code, exported.err, exported.out === text]).toEqual([0, "", true]);
    const file = join(root, "again.jsonl");
    writeFileSync(file, text);
    expect((await masq("data", "import", APP, file)).out).toMatch(/^5,000 entries imported/);
    const [namespaces, page, all] = await Promise.all([
      masq.json("data", "list"),
      masq.json("data", "list", APP, "--prefix", "entry/0001", "--limit", "2"),
      masq("data", "list", APP),
    ]);
    expect(namespaces).toMatchObject([{ namespace: `app:${APP}`, entries: 5000 }]);
    expect(page).toMatchObject({
      more: true,
      entries: [{ key: "entry/00010" }, { key: "entry/00011" }],
    });
    expect(all.out.trimEnd().split("\n")).toHaveLength(101);
    expect(all.err).toContain("more entries");
  });

  it("does not complain when an export is cut short", IN_ORDER, async () => {
    const child = launch(directory, ["data", "export", APP]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const outcome = outcomeOf(child);
    expect(await outcome).toMatchObject({ code: 0, err: "" });
  });

  it("imports what stands before a bad line, and names the line", IN_ORDER, async () => {
    const text = '{"key":"a","value":1}\n\n{"key":"b"}\n{"key":"c","value":3}\n';
    const bad = ["data", "import", "org.example.bad", "-"];
    expect(await masq.withInput(text, ...bad)).toMatchObject({
      code: 4,
      err: expect.stringContaining("--create makes a new one. Nothing was imported"),
    });
    const { code, err } = await masq.withInput(text, ...bad, "--create");
    expect(code).toBe(2);
    expect(err).toContain("Line 3 cannot be imported.");
    expect(err).toContain("1 entry was imported before that");
    const changed = await masq.withInput('{"key":"b","value":12345678901234567890}', ...bad);
    expect(changed).toMatchObject({ code: 2, err: expect.stringContaining('{"$bigint":"…"}') });
    expect((await masq("data", "export", "org.example.bad")).out).toBe('{"key":"a","value":1}\n');
  });

  it("reads, writes and deletes single entries", IN_ORDER, async () => {
    const value =
      '{"big":{"$bigint":"12345678901234567890"},"when":{"$date":"2026-01-31T12:00:00.000Z"}}';
    expect((await masq("data", "put", APP, "one", value)).code).toBe(0);
    expect((await masq("data", "get", APP, "one")).out).toBe(`${value}\n`);
    expect((await masq.withInput('"text"', "data", "put", APP, "one", "-")).code).toBe(0);
    expect((await masq("data", "get", APP, "one")).out).toBe('"text"\n');
    expect(await masq.json("data", "del", APP, "one")).toMatchObject({ deleted: true });
    const [noJson, absent, nobody] = await Promise.all([
      masq("data", "put", APP, "one", "text"),
      masq("data", "get", APP, "one", "--json"),
      masq("data", "list", "org.example.nobody"),
    ]);
    expect(noJson).toMatchObject({ code: 2, out: "" });
    expect(absent).toMatchObject({ code: 4, out: "" });
    expect(JSON.parse(absent.err)).toMatchObject({ error: { code: "MASQ_NOT_FOUND" } });
    expect(nobody.code).toBe(4);
    // Of Masq's own namespaces the owner may look at what there is, and no more.
    const reserved = await Promise.all([
      masq("data", "put", "masq:system", "k", "1"),
      masq("data", "del", "masq:system", "k"),
      masq.withInput("", "data", "import", "masq:system", "-"),
    ]);
    for (const { code, err } of reserved)
      expect([code, err]).toEqual([2, expect.stringContaining("can only be read. Nothing was")]);
  });

  it("is found well by the doctor, until a key file is open to others", IN_ORDER, async () => {
    const findings = (await masq.json("doctor")) as { check: string; mark: string }[];
    expect(findings.filter(({ mark }) => mark === "fail")).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ check: "store", mark: "ok" }));
    expect(findings).toContainEqual(expect.objectContaining({ check: "database", mark: "ok" }));
    chmodSync(join(directory, "admin.key"), 0o644);
    const { code, out } = await masq("doctor");
    chmodSync(join(directory, "admin.key"), 0o600);
    expect(code).toBe(1);
    expect(out).toContain(`chmod 600 ${join(directory, "admin.key")}`);
  });

  it("keeps settings for its next start", IN_ORDER, async () => {
    expect(await masq.json("config", "set", "log-level", "debug")).toEqual({
      "log-level": "debug",
      restartNeeded: true,
    });
    expect(await masq.json("config", "get")).toEqual({
      port: null,
      "log-level": "debug",
      "sync-service": null,
      "sync-service-token-file": null,
    });
    expect((await masq("config", "unset", "log-level")).out).toContain("started again");
    expect((await masq("config", "set", "port", "70000")).code).toBe(2);
    expect((await masq("config", "get", "sync-service-token-file")).out).toContain("none");
    await masq.json("config", "set", "sync-service", "wss://sync.example.org");
    const unreadable = join(root, "no-such-token");
    expect((await masq("config", "set", "sync-service-token-file", unreadable)).code).toBe(2);
    await masq.json("config", "unset", "sync-service");
    const nowhere = join(root, "nowhere");
    expect((await cliFor(nowhere)("config", "set", "port", "70000")).code).toBe(2);
    expect((await cliFor(nowhere)("config", "set", "colour", "red")).code).toBe(2);
    expect(existsSync(nowhere), "nothing is made for a setting that is refused").toBe(false);
  });

  it("stops when told to, and has stopped when the command returns", IN_ORDER, async () => {
    expect(await masq.json("stop")).toEqual({ stopped: true, pid: store.child.pid });
    expect(readdirSync(directory)).not.toContain("running.json");
    expect(await store.ended).toMatchObject({ code: 0, err: "" });
    expect(readdirSync(directory)).not.toContain("store.db-wal");
    expect(await masq("stop")).toMatchObject({ code: 3 });
  });
});

describe.concurrent("an app that asks for access", () => {
  const directory = join(root, "consent");
  const masq = cliFor(directory);
  let store: Running;
  beforeAll(async () => {
    store = await start(directory, "--allow", "org.example.trusted");
  });
  afterAll(async () => {
    store.child.kill("SIGTERM");
    await store.ended;
  });

  /** An app that connects, and the code it shows once it has asked. */
  const connect = (id: string, namespace?: string) => {
    const asked = Promise.withResolvers<ConsentRequest>();
    const connected = MasqClient.connect({
      app: { id, name: "Notes" },
      namespace,
      directory: join(root, "app"),
      store: { url: `ws://127.0.0.1:${store.port}` },
      onConsent: asked.resolve,
    });
    connected.catch((error: unknown) => asked.reject(error));
    return { asked: asked.promise, connected };
  };

  it(
    "is allowed by the digits it shows, works, and is cut off when its access is revoked",
    IN_ORDER,
    async () => {
      const { asked, connected } = connect(APP);
      const { code } = await asked;
      const requests = await masq.json("apps", "requests");
      expect(requests).toMatchObject([
        { app: `app:${APP}`, name: "Notes", code, unverified: true, foreign: [] },
      ]);
      const shown = (await masq("apps", "requests")).out;
      for (const part of [
        `${code.slice(0, 3)} ${code.slice(3)}`,
        '"Notes"',
        "cannot be verified",
        "its own data",
      ]) {
        expect(shown).toContain(part);
      }

      expect(await masq("apps", "allow", APP)).toMatchObject({ code: 2 });
      const wrong = code === "000000" ? "000001" : "000000";
      const refused = await masq("apps", "allow", APP, "--code", wrong);
      expect([refused.code, refused.err]).toEqual([
        7,
        expect.stringContaining("Nothing was allowed."),
      ]);
      expect(
        (await masq("apps", "allow", APP, "--code", `${code.slice(0, 3)} ${code.slice(3)}`)).code,
      ).toBe(0);

      const client = await connected;
      await client.put("hello", "from the app");
      expect((await masq("data", "get", APP, "hello")).out).toBe('"from the app"\n');
      expect(await masq.json("apps")).toMatchObject([
        { app: `app:${APP}`, namespaces: [`app:${APP}`], keys: 1 },
      ]);
      expect(await masq.json("status")).toMatchObject({ connections: 1 });

      const ended = new Promise<string | undefined>((resolve) => {
        client.on("status", (status) => status.ended && resolve(status.ended.code));
      });
      expect(await masq.json("apps", "revoke", APP)).toMatchObject({
        revoked: true,
        disconnected: 1,
      });
      expect(await ended).toBe("MASQ_GRANT_REVOKED");
      await expect(client.get("hello")).rejects.toMatchObject({ code: "MASQ_GRANT_REVOKED" });
      await client.close();
      expect(await masq.json("apps")).toEqual([]);
      expect((await masq("data", "get", APP, "hello")).code).toBe(0);
      expect((await masq("apps", "revoke", APP)).code).toBe(4);
    },
  );

  it(
    "is told when its owner refuses, and the owner when it wants the data of others",
    IN_ORDER,
    async () => {
      const { asked, connected } = connect("org.example.curious", `app:${APP}`);
      await asked;
      expect((await masq("apps", "requests")).out).toContain(
        `the data of app:${APP}: read, write and delete`,
      );
      expect((await masq("apps", "deny", "app:org.example.curious")).code).toBe(0);
      await expect(connected).rejects.toMatchObject({ code: "MASQ_ACCESS_REFUSED" });
      expect(await masq("apps", "allow", "org.example.curious", "--yes")).toMatchObject({
        code: 4,
      });
    },
  );

  it("is not asked about when the store was started with --allow", IN_ORDER, async () => {
    const { connected } = connect("org.example.trusted");
    const client = await connected;
    await client.put("a", 1);
    await client.close();
    expect(await masq.json("apps")).toMatchObject([{ app: "app:org.example.trusted" }]);
  });
});

describe.concurrent("the life of a store", () => {
  it("without one running, each command that needs it says how to start it", async () => {
    const directory = join(root, "absent");
    const masq = cliFor(directory);
    const outcomes = await Promise.all([masq("status"), masq("apps"), masq("data", "list")]);
    for (const { code, out, err } of outcomes) {
      expect({ code, out }).toEqual({ code: 3, out: "" });
      expect(err).toBe(
        `masq: No store is running for ${directory}. Start it with: masq start [MASQ_STORE_ABSENT]\n`,
      );
    }
    const [nothing, wrong] = await Promise.all([masq(), masq("frobnicate")]);
    expect([nothing.code, wrong.code]).toEqual([2, 2]);
    expect(nothing.err).toContain("Usage: masq");
  });

  it("started through npx, it says so in what it tells to type", async () => {
    const directory = join(root, "npx");
    const run = (...args: string[]) => outcomeOf(launch(directory, args, { npm_command: "exec" }));
    const [status, help, wrong] = await Promise.all([
      run("status"),
      run("apps", "--help"),
      run("frobnicate"),
    ]);
    expect(status.err).toContain("Start it with: npx masq start ");
    expect(help.out).toContain("Usage: npx masq apps");
    expect(help.out).toContain("$ npx masq apps requests");
    expect(wrong.err).toContain("See: npx masq --help");
  });

  it("ends cleanly with SIGTERM, and comes back with its data after kill -9", async () => {
    const directory = join(root, "killed");
    const masq = cliFor(directory);
    const first = await start(directory);
    await masq.withInput('{"key":"a","value":1}', "data", "import", APP, "-", "--create");
    first.child.kill("SIGKILL");
    await first.ended;
    expect(readdirSync(directory)).toContain("running.json");
    expect(await masq("status")).toMatchObject({ code: 3 });
    const second = await start(directory);
    expect((await masq("data", "get", APP, "a")).out).toBe("1\n");
    second.child.kill("SIGTERM");
    expect(await second.ended).toMatchObject({ code: 0, err: "" });
    expect(readdirSync(directory)).not.toContain("running.json");
    expect((await masq("doctor")).out).toContain("database: was read through and is sound");
  });

  it.runIf(existsSync("/dev/full"))("goes on when its log cannot be written", async () => {
    const directory = join(root, "full");
    mkdirSync(directory, { mode: 0o700 });
    symlinkSync("/dev/full", join(directory, "store.log"));
    const store = await start(directory);
    expect((await fetch(`http://127.0.0.1:${store.port}/nothing`)).status).toBe(404);
    expect((await cliFor(directory)("stop", "--data-dir", directory)).code).toBe(0);
    expect(await store.ended).toMatchObject({ code: 0, err: "" });
  });

  it("leaves a database of a newer version as it is", async () => {
    const directory = join(root, "newer");
    const key = nodeHost.random(32);
    const made = await start(directory);
    made.child.kill("SIGTERM");
    await made.ended;
    const file = join(directory, "store.db");
    for (const suffix of ["", "-wal"]) rmSync(file + suffix, { force: true });
    await writePrivateFile(join(directory, "store.key"), key);
    const migrations = [...MIGRATIONS, () => {}];
    await (await openSqliteStorage({ file, key, migrations })).close();
    const before = readFileSync(file);
    const { code, err } = await cliFor(directory)("start", "--port", "0");
    expect([code, err]).toEqual([6, expect.stringContaining("[MASQ_STORAGE_NEWER]")]);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(directory)).not.toContain("running.json");
  });
});
