import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeData } from "@masq/core/relay";
import { afterEach, describe, expect, it } from "vitest";
import { startSyncService } from "./server.ts";
import { openDevice, openPair, openRaw, upgradeRequest } from "./testing/raw-device.ts";
import { start, stopAll } from "./testing/services.ts";

afterEach(stopAll);

describe("sync service: meeting", () => {
  it("connects two devices that know the same id, and passes bytes on in order", async () => {
    const { port } = await start();
    const [a, b] = await openPair(port);
    expect(a.of("listening")).toEqual([
      { type: "listening", entries: [{ slot: 1, status: "waiting" }] },
    ]);
    expect(a.of("welcome")[0]).toMatchObject({ maxFrame: 65_540, maxTokens: 512, pingSeconds: 25 });
    expect(Math.abs((a.of("welcome")[0]?.unixSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(10);
    for (let index = 0; index < 100; index += 1) {
      a.sendBytes(encodeData(1, 1, new Uint8Array(1 + index * 5).fill(index)));
      b.sendBytes(encodeData(1, 1, Uint8Array.of(index)));
    }
    await b.next("data", 100);
    await a.next("data", 100);
    expect(b.of("data").map(({ bytes }) => [bytes.length, bytes[0], bytes.at(-1)])).toEqual(
      Array.from({ length: 100 }, (_, index) => [1 + index * 5, index, index]),
    );
    expect(a.of("data").map(({ bytes }) => bytes[0])).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
  });

  it("passes on a frame of the largest size unchanged", async () => {
    const { port } = await start();
    const [a, b] = await openPair(port);
    const bytes = Uint8Array.from({ length: 65_536 }, (_, index) => (index * 31) % 251);
    a.sendBytes(encodeData(1, 1, bytes));
    expect(Buffer.compare((await b.next("data")).bytes, bytes)).toBe(0);
  });

  it("lets a newer socket with the same side key take the place, at once", async () => {
    const { port } = await start();
    const [a, b] = await openPair(port);
    const again = await openDevice(port);
    again.listen(9, 1, 1);
    expect(await a.next("peer-down")).toMatchObject({ reason: "replaced" });
    expect((await a.next("listening", 2)).entries).toEqual([{ slot: 1, status: "replaced" }]);
    expect(await b.next("peer-down")).toMatchObject({ reason: "replaced", epoch: 1 });
    expect(await b.next("peer-up", 2)).toMatchObject({ epoch: 2, slot: 1 });
    expect(await again.next("peer-up")).toMatchObject({ epoch: 1, slot: 9 });
    // What the old socket still sends reaches nobody.
    a.sendBytes(encodeData(1, 1, Uint8Array.of(1)));
    await a.settled();
    again.sendBytes(encodeData(1, 9, Uint8Array.of(2)));
    expect((await b.next("data")).bytes).toEqual(Buffer.of(2));
  });

  it("refuses a third side key and leaves the two alone", async () => {
    const { port } = await start();
    const [a, b] = await openPair(port);
    const third = await openDevice(port);
    third.listen(0, 1, 3);
    expect((await third.next("listening")).entries).toEqual([{ slot: 0, status: "crowded" }]);
    a.sendBytes(encodeData(1, 1, Uint8Array.of(5)));
    await b.next("data");
    expect(a.of("peer-down")).toEqual([]);
  });

  it("tells a device that its peer has gone, however it went, and how much had arrived", async () => {
    const { port } = await start();
    for (const [leave, reason] of [
      ["terminate", "peer-left"],
      ["close", "peer-left"],
      ["unlisten", "peer-unlistened"],
    ] as const) {
      const [a, b] = await openPair(port);
      b.sendBytes(encodeData(1, 1, new Uint8Array(123)));
      await a.next("data");
      if (leave === "terminate") a.webSocket.terminate();
      if (leave === "close") a.webSocket.close(1000);
      if (leave === "unlisten") a.send({ type: "unlisten", slots: [1, 7] });
      expect(await b.next("peer-down")).toMatchObject({ reason, received: 123, epoch: 1, slot: 1 });
      if (leave === "unlisten")
        expect((await a.next("listening", 2)).entries).toEqual([{ slot: 1, status: "retired" }]);
      await b.close();
      await a.close();
    }
  });

  it("drops frames of an epoch that is over", async () => {
    const service = await start();
    const [a, b] = await openPair(service.port);
    a.sendBytes(encodeData(200, 1, Uint8Array.of(1)));
    a.sendBytes(encodeData(1, 33, Uint8Array.of(1)));
    a.sendBytes(encodeData(1, 1, Uint8Array.of(2)));
    expect((await b.next("data")).bytes).toEqual(Buffer.of(2));
    expect(service.counts).toMatchObject({ dropped: 2, forwarded: 1, sockets: 2, tokens: 1 });
  });

  it("enforces credit: what is granted passes, one byte more ends the slot and nothing else", async () => {
    const { port } = await start();
    const [a, b] = await openPair(port);
    a.listen(2, 2, 1);
    b.listen(2, 2, 2);
    await b.next("peer-up", 2);
    b.send({ type: "credit", epoch: 1, slot: 1, limit: 100_000 });
    expect(await a.next("credit")).toEqual({ type: "credit", epoch: 1, slot: 1, limit: 100_000 });
    a.sendBytes(encodeData(1, 1, new Uint8Array(65_536)));
    a.sendBytes(encodeData(1, 1, new Uint8Array(100_000 - 65_536)));
    await b.next("data", 2);
    a.sendBytes(encodeData(1, 1, new Uint8Array(1)));
    expect(await a.next("peer-down")).toMatchObject({
      reason: "credit-exceeded",
      received: 100_000,
    });
    expect((await a.next("listening", 3)).entries).toEqual([{ slot: 1, status: "retired" }]);
    expect(await b.next("peer-down")).toMatchObject({ reason: "peer-unlistened" });
    a.sendBytes(encodeData(1, 2, Uint8Array.of(7)));
    expect(await b.next("data", 3)).toMatchObject({ slot: 2 });
  });
});

describe("sync service: start and stop", () => {
  it("refuses plaintext where others could read along", async () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1"])
      await expect(startSyncService({ host, port: 0 })).rejects.toMatchObject({
        code: "MASQ_CONFIG_INVALID",
      });
    const proxied = await startSyncService({ host: "0.0.0.0", port: 0, behindProxy: true });
    await proxied.stop();
  });

  it("says when its port is taken", async () => {
    const { port } = await start();
    await expect(startSyncService({ port })).rejects.toMatchObject({ code: "MASQ_PORT_IN_USE" });
  });

  it("says goodbye with 1001 and is stopped soon, whoever does not answer", async () => {
    const service = await start();
    const [a] = await openPair(service.port);
    const deaf = connect(service.port, "127.0.0.1");
    deaf.write(upgradeRequest("/"));
    await new Promise((resolve) => deaf.once("data", resolve));
    const began = performance.now();
    await Promise.all([service.stop(), service.stop()]);
    expect(performance.now() - began).toBeLessThan(3000);
    expect(await a.closed).toBe(1001);
  });

  it("speaks TLS with its own certificate, and takes a new one while running", async () => {
    const directory = mkdtempSync(join(tmpdir(), "masq-tls-"));
    const make = (name: string): { cert: string; key: string } => {
      const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
      execFileSync(
        "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-days",
          "2",
          "-subj",
          "/CN=localhost",
          "-addext",
          "subjectAltName=IP:127.0.0.1",
          "-keyout",
          key,
          "-out",
          cert,
        ],
        { stdio: "ignore" },
      );
      return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    };
    try {
      const [one, two] = [make("one"), make("two")];
      const service = await start({}, { tls: one });
      const a = await openDevice(service.port, { ca: one.cert });
      a.listen(0, 1, 1);
      await expect(openRaw(service.port, { ca: two.cert })).rejects.toThrow(
        /self-signed|certificate/,
      );
      service.replaceCertificate(two);
      const b = await openDevice(service.port, { ca: two.cert });
      b.listen(0, 1, 2);
      await b.next("peer-up");
      b.sendBytes(encodeData(1, 0, Uint8Array.of(42)));
      expect((await a.next("data")).bytes).toEqual(Buffer.of(42));
      expect(() => service.replaceCertificate({ cert: one.cert, key: two.key })).toThrow(
        /belong together/,
      );
      await expect(
        startSyncService({ port: 0, tls: { cert: "no", key: "no" } }),
      ).rejects.toMatchObject({ code: "MASQ_CONFIG_INVALID" });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
