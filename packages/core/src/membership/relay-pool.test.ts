import { expect, it } from "vitest";
import type { OpenSocket } from "../host.ts";
import { socketPair } from "../local/socket-pair.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { RelayEnd, settle } from "../testing/relay-world.ts";
import { RelayPool } from "./relay-pool.ts";

it("shows an access token to the sync service it is for, and to no other", async () => {
  const endByUrl = new Map<string, RelayEnd>();
  const openSocket: OpenSocket = async (url) => {
    const [ours, theirs] = socketPair();
    endByUrl.set(url, new RelayEnd(theirs));
    return ours;
  };
  const host = { clock: manualClock(), random: (length: number) => new Uint8Array(length) };
  const token = Uint8Array.of(1, 2, 3);
  const pool = new RelayPool({
    host,
    openSocket,
    access: { url: "wss://a.example.org", accessToken: token },
  });
  const urls = ["wss://a.example.org", "wss://b.example.org", "wss://a.example.org/v1/abc"];
  for (const url of urls) pool.use(url);
  await settle();
  const shown = urls.map((url) => endByUrl.get(url)?.of("hello")[0]?.accessToken);
  expect(shown).toEqual([token, new Uint8Array(0), new Uint8Array(0)]);
  expect([...endByUrl.keys()]).toEqual(urls);
  pool.close();
});

it("tells of each change of a connection, and by then says so itself", async () => {
  const told: string[][] = [];
  const pool: RelayPool = new RelayPool({
    host: { clock: manualClock(), random: (length) => new Uint8Array(length) },
    openSocket: () => Promise.reject(new Error("nothing listens there")),
    changed: () => told.push(pool.status().map(({ status }) => status.state)),
  });
  pool.use("wss://a.example.org");
  await settle();
  pool.release("wss://a.example.org");
  expect(told).toEqual([["waiting"], []]);
});
