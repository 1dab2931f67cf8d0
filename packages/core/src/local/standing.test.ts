/** What a replica holds at one moment, as a client is told that wants to go on at another one. */
import { describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import { encodeValue } from "../data/value.ts";
import { memoryStorage } from "../memory-storage.ts";
import { Replica } from "../replica/replica.ts";
import { settle } from "../testing/relay-world.ts";
import { testHost } from "../testing/test-host.ts";
import { DataService } from "./data-service.ts";
import { OwnWrites } from "./own-writes.ts";

const NAMESPACE = "https://data.example.org" as NamespaceId;

const service = async () => {
  const replica = await Replica.open(testHost({ seed: 1 }), memoryStorage(), NAMESPACE);
  const events: (readonly [string, unknown])[] = [];
  const data = new DataService(replica, {
    writer: "00",
    ownWrites: new OwnWrites(),
    emit: (name, item) => events.push([name, item]),
  });
  const put = (key: string): Promise<unknown> => replica.write([{ key, value: encodeValue(key) }]);
  return { replica, data, events, put };
};

describe("a standing", () => {
  it("names position, digest and vector of the same moment", async () => {
    const { replica, data, put } = await service();
    await put("a");
    await put("b");
    const { digest } = await replica.state();
    const [position, told, vector] = (await data.handle("standing", null)) as unknown[];
    expect([position, told]).toEqual([2, digest]);
    expect((vector as unknown[])[1]).toBe(2);
  });

  it("comes once all watches were told all of it, however far behind one is", async () => {
    const { data, events, put } = await service();
    await data.handle("watch", [1, { prefix: "" }, null]);
    data.pause();
    await put("a");
    let isAnswered = false;
    const asked = data.handle("standing", null).then((standing) => {
      isAnswered = true;
      return standing;
    });
    await settle();
    expect([isAnswered, events]).toEqual([false, []]);
    data.resume();
    const [position] = (await asked) as unknown[];
    expect([position, events.length]).toEqual([1, 1]);
  });

  it("waits for no watch that has ended", async () => {
    const { data, put } = await service();
    await data.handle("watch", [1, { prefix: "" }, null]);
    data.pause();
    await put("a");
    const asked = data.handle("standing", null);
    await settle();
    await data.handle("unwatch", 1);
    expect(await asked).toHaveLength(3);
  });
});
