/** A whole store on a disk that fills up, seen by the apps it serves. */
import { rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { MasqClient } from "@masq/client";
import { collector } from "@masq/core/testing";
import { startStore } from "@masq/store";
import { describe, expect, it, onTestFinished } from "vitest";
import { codeOf, openRaw, within } from "../support/raw-app.ts";
import { smallDisk } from "../support/small-disk.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const MEBIBYTE = 1024 * 1024;
const { directory, trouble, suffix } = smallDisk(8);
const apps = temporaryDirectory();

const connect = (port: number, id: string): Promise<MasqClient> =>
  MasqClient.connect({
    app: { name: "Writer", id },
    directory: join(apps, id),
    store: { url: `ws://127.0.0.1:${port}` },
    onConsent: () => {},
  });

describe.skipIf(trouble !== undefined)(`a store on a full disk${suffix}`, () => {
  it("refuses writes typed, serves reads, logs on, takes writes again when there is space, and loses nothing", async () => {
    const files = join(directory, "store");
    const options = {
      directory: files,
      port: 0,
      allow: ["org.example.a", "org.example.b", "org.example.c"],
    };
    let store = await startStore(options);
    onTestFinished(() => store.stop());
    const client = await connect(store.port, "org.example.a");
    const reader = await connect(store.port, "org.example.b");
    const troubles = collector<string | undefined>();
    reader.on("status", ({ trouble: found }) => troubles.push(found?.code));
    const filler = join(directory, "filler");
    writeFileSync(filler, new Uint8Array(4 * MEBIBYTE));

    const acknowledged = new Map<string, Uint8Array>();
    let count = 0;
    const put = async (size: number): Promise<string> => {
      count += 1;
      const key = `k${count}`;
      const value = new Uint8Array(size).fill(count % 256);
      const code = await codeOf(client.put(key, value));
      if (code === "done") acknowledged.set(key, value);
      return code;
    };
    const fill = async (size: number): Promise<void> => {
      // A write after the log was folded in may still fit: full is when nothing does any more.
      for (let refusals = 0; refusals < 5;) {
        const code = await put(size);
        expect(["done", "MASQ_STORAGE_FULL"]).toContain(code);
        refusals = code === "done" ? 0 : refusals + 1;
      }
    };
    await fill(30_000);
    expect(acknowledged.size).toBeGreaterThan(10);
    // To the last byte, so that not even a line of the log fits.
    for (let size = 65_536; size >= 1; size >>= 1) {
      for (let part = 0; part < 64; part += 1) {
        try {
          writeFileSync(join(directory, `rest-${size}-${part}`), new Uint8Array(size));
        } catch {
          break;
        }
      }
    }

    const readsAgree = async (from: MasqClient): Promise<void> => {
      const entries = await from.list();
      expect(new Map(entries.map(({ key, value }) => [key, value]))).toEqual(acknowledged);
    };
    await readsAgree(client);
    // What makes the store write its log: refused connections, failed handshakes.
    for (let count = 0; count < 100; count += 1) await refusedUpgrade(store.port);
    const garbage = await openRaw(store.port);
    garbage.webSocket.send("text");
    await garbage.closed;

    expect(await codeOf(reader.put("k", new Uint8Array(30_000)))).toBe("MASQ_STORAGE_FULL");
    expect(await codeOf(connect(store.port, "org.example.c")), "a grant cannot be kept").toBe(
      "MASQ_STORAGE_FULL",
    );
    expect(await put(30_000)).toBe("MASQ_STORAGE_FULL");
    expect(
      await codeOf(
        client.batch([
          { op: "put", key: "x", value: new Uint8Array(60_000) },
          { op: "del", key: "k1" },
        ]),
      ),
    ).toBe("MASQ_STORAGE_FULL");
    await readsAgree(client);
    expect(await reader.get("k")).toBe(undefined);
    await troubles.until((all) => all.at(-1) === "MASQ_STORAGE_FULL", "the trouble");
    expect((await client.status()).trouble?.code).toBe("MASQ_STORAGE_FULL");

    rmSync(filler);
    expect(await put(30_000)).toBe("done");
    expect(await put(100)).toBe("done");
    expect(await codeOf(reader.put("k", "fits"))).toBe("done");
    await troubles.until((all) => all.at(-1) === undefined, "the end of the trouble");
    expect((await client.status()).trouble).toBe(undefined);
    const late = await connect(store.port, "org.example.c");
    await readsAgree(client);
    await Promise.all([client, reader, late].map((each) => each.close()));
    await store.stop();

    store = await startStore(options);
    const again = await connect(store.port, "org.example.a");
    await readsAgree(again);
    const other = await connect(store.port, "org.example.b");
    expect(await other.get("k")).toBe("fits");
    await Promise.all([again.close(), other.close()]);
  });
});

const refusedUpgrade = (port: number): Promise<void> =>
  within(
    10_000,
    "a refusal",
    new Promise((resolve) => {
      const socket = connectTcp(port, "127.0.0.1", () =>
        socket.write(
          "GET / HTTP/1.1\r\nHost: evil\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        ),
      );
      socket.resume();
      socket.on("close", () => resolve());
    }),
  );
