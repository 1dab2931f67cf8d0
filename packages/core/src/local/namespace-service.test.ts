import { describe, expect, it } from "vitest";
import type { NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import { memoryStorage } from "../memory-storage.ts";
import { Replica } from "../replica/replica.ts";
import { MAPS } from "../testing/storage-samples.ts";
import { testHost } from "../testing/test-host.ts";
import { Instances } from "./instances.ts";
import { NamespaceService } from "./namespace-service.ts";
import { noOtherDevices } from "./other-devices.ts";

const setUp = async () => {
  const replica = await Replica.open(testHost({ seed: 1 }), memoryStorage(), MAPS);
  const joined: string[] = [];
  let left = 0;
  class Counted extends Instances {
    override join(...args: Parameters<Instances["join"]>): ReturnType<Instances["join"]> {
      joined.push(args[1]);
      const { ownWrites, leave } = super.join(...args);
      return {
        ownWrites,
        leave: () => {
          left += 1;
          leave();
        },
      };
    }
  }
  let isRefused = false;
  const service = new NamespaceService({
    instances: new Counted(),
    open: async (name) => {
      if (isRefused) throw new MasqError("MASQ_GRANT_MISSING", "No.");
      return { namespace: name as NamespaceId, replica };
    },
    devices: () => noOtherDevices,
    emit: () => {},
    replaced: () => {},
  });
  const hello = (byte: number) =>
    service.handle("hello", [MAPS, new Uint8Array(16).fill(byte)]).then(
      () => "done",
      (error: MasqError) => error.code,
    );
  return { service, hello, joined, left: () => left, refuse: (on: boolean) => (isRefused = on) };
};

describe("hello", () => {
  it("is taken once, however fast others come behind it, and leaves nothing behind", async () => {
    const { service, hello, joined, left } = await setUp();
    expect(await Promise.all([1, 2, 3].map(hello))).toEqual([
      "done",
      "MASQ_MESSAGE_INVALID",
      "MASQ_MESSAGE_INVALID",
    ]);
    expect(joined.length).toBe(1);
    service.close();
    expect(left()).toBe(1);
  });

  it("may be said again after it was refused", async () => {
    const { hello, refuse } = await setUp();
    refuse(true);
    expect(await hello(1)).toBe("MASQ_GRANT_MISSING");
    refuse(false);
    expect(await hello(1)).toBe("done");
  });
});
