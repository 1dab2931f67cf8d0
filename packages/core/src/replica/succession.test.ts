import { describe, expect, it } from "vitest";
import { memoryStorage } from "../memory-storage.ts";
import { MAPS, NOTES } from "../testing/storage-samples.ts";
import { testHost } from "../testing/test-host.ts";
import { Replica } from "./replica.ts";
import { succeedAll } from "./succession.ts";

const host = testHost({ seed: 7 });
const put = (key: string, number: number) => ({ key, value: Uint8Array.of(number) });

describe("a replica that succeeds itself", () => {
  it("keeps all it holds, and writes on under another id", async () => {
    const storage = memoryStorage();
    const replica = await Replica.open(host, storage, MAPS);
    await replica.write([put("a", 1), put("b", 2)]);
    const [former, before] = [replica.id, await replica.state()];
    let told = 0;
    replica.onSucceeded(() => (told += 1));
    await replica.succeed();
    expect(told).toBe(1);
    expect(replica.id).not.toBe(former);
    expect(await replica.formerIds()).toEqual([former]);
    const { dots } = await replica.write([put("a", 3)]);
    expect(dots).toEqual([{ replica: replica.id, counter: 1 }]);
    const after = await replica.state();
    expect(after.vector).toEqual(
      new Map([
        [former, 2],
        [replica.id, 1],
      ]),
    );
    expect(after.arrival).toBe(before.arrival + 1);
    expect(await replica.conflicts("a")).toHaveLength(1);
    const again = await Replica.open(host, storage, MAPS);
    expect(again.id).toBe(replica.id);
  });

  it("is each of a storage that was copied, also one that had written nothing then", async () => {
    const storage = memoryStorage();
    const [full, empty] = [
      await Replica.open(host, storage, MAPS),
      await Replica.open(host, storage, NOTES),
    ];
    await full.write([put("a", 1)]);
    await succeedAll(host, storage);
    for (const { namespace, id } of [full, empty]) {
      const replica = await Replica.open(host, storage, namespace);
      expect(replica.id).not.toBe(id);
      expect(await replica.formerIds()).toEqual([id]);
    }
  });
});
