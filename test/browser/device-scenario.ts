/**
 * What two devices of one person go through, whatever the first of them is: a large first sync that is broken off twice,
 * changes both ways, edits made apart. The second is a page that holds its data itself.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSyncServiceProcess, type SyncServiceProcess } from "@masq/sync-service/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { serveApp, type AppServer } from "./browser.ts";
import { needing, type Engine } from "./engine.ts";
import { PageSide, type Given, type Side, type SideOptions } from "./sides.ts";
import { accept, holdings, shows, siblings, whenOther } from "./steps.ts";

const BOTH = 20;

export interface DeviceScenario {
  readonly name: string;
  /** All browsers that take part. */
  readonly engines: readonly Engine[];
  readonly openLaptop: (options: SideOptions) => Promise<Side>;
  /** The browser of the second device. */
  readonly phone: Engine;
  /** How many the first sync brings. */
  readonly entries: number;
}

/** 2 kB each, so that the first sync takes its time. */
const fill = async ({ client, input: count }: Given<number>): Promise<void> => {
  const batch = 500;
  for (let from = 0; from < count; from += batch) {
    const numbers = Array.from(
      { length: Math.min(batch, count - from) },
      (_, index) => from + index,
    );
    await client.batch(
      numbers.map((number) => ({
        op: "put",
        key: `note/${String(number).padStart(5, "0")}`,
        value: { text: `${number} `.repeat(400), done: false },
      })),
    );
  }
};

/** Resolves when some of what was received is kept: what is still to come counts down before that. */
const holdsSome = async ({ client }: Given<undefined>): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = client.watch("", () => resolve());
  if ((await client.status()).entries > 0) resolve();
  await promise;
  stop();
};

/** Edits of one side while it is alone; `both` are edited on the other side too. */
const editAlone = async ({ client, input: name }: Given<string>): Promise<void> => {
  for (let index = 0; index < 20; index += 1) {
    await client.put(`both/${index}`, `${name} ${index}`);
    await client.put(`${name}/${index}`, index);
  }
  await client.del(`note/0000${name.length}`);
};

export const deviceScenario = ({
  name,
  engines,
  openLaptop,
  phone: phoneEngine,
  entries,
}: DeviceScenario): void => {
  const { isSkipped, suffix } = needing(...engines);
  describe.skipIf(isSkipped)(`${name} ${suffix}`, () => {
    let app: AppServer;
    let service: SyncServiceProcess;
    let laptop: Side;
    let phone: PageSide;

    const bothHoldTheSame = async (): Promise<void> => {
      await Promise.all([laptop.run(whenOther, "verified"), phone.run(whenOther, "verified")]);
      expect(await phone.run(holdings)).toEqual(await laptop.run(holdings));
    };

    /** Resolves when the phone is told that a part of the first sync is done, and much is still to come. */
    const inTheMiddle = async (): Promise<void> => {
      const isMiddle = (count: number): boolean => count > entries / 5 && count < entries;
      await phone.toReceive.until((told) => told.some(isMiddle), "a part of the first sync");
      await phone.run(holdsSome);
    };

    beforeAll(async () => {
      [app, service] = await Promise.all([serveApp(), startSyncServiceProcess()]);
      const options = { origin: app.origin, syncService: service.url };
      [laptop, phone] = await Promise.all([
        openLaptop({ ...options, directory: temporaryDirectory() }),
        PageSide.open(phoneEngine, { ...options, directory: temporaryDirectory() }),
      ]);
    });
    afterAll(async () => {
      await Promise.all([laptop?.close(), phone?.close()]);
      await Promise.all([app?.close(), service?.stop()]);
    });

    it("hold the same after a first sync that a reload and a crash have broken off", async () => {
      await laptop.run(fill, entries);
      await phone.run(accept, await laptop.invite());
      await inTheMiddle();
      await phone.reload();
      await inTheMiddle();
      await phone.kill();
      const { entries: held } = await phone.run(({ client }) => client.status());
      expect(held).toBeGreaterThan(0);
      await bothHoldTheSame();
      expect(await phone.run(holdings)).toHaveLength(entries);
    });

    it("see each other's changes as they are made", async () => {
      await laptop.run(({ client }) => client.put("live", "from the laptop", { until: "device" }));
      await phone.run(shows, ["live", "from the laptop"] as const);
      await phone.run(({ client }) => client.put("live", "from the phone", { until: "device" }));
      await laptop.run(shows, ["live", "from the phone"] as const);
    });

    it("keep all that was edited while they could not reach each other", async () => {
      await service.stop();
      await Promise.all([laptop.run(whenOther, "away"), phone.run(whenOther, "away")]);
      await Promise.all([laptop.run(editAlone, "laptop"), phone.run(editAlone, "phone")]);
      service = await startSyncServiceProcess(service.port);
      await bothHoldTheSame();
      const marked = (await phone.run(holdings)).filter(([, , conflict]) => conflict);
      expect(marked.map(([key]) => key.split("/")[0])).toEqual(Array(BOTH).fill("both"));
      for (const side of [laptop, phone] as readonly Side[]) {
        const values = await side.run(siblings, "both/7");
        expect(values.toSorted()).toEqual(["laptop 7", "phone 7"]);
      }
      await phone.run(({ client }) => client.put("both/7", "settled", { until: "device" }));
      await laptop.run(shows, ["both/7", "settled"] as const);
      expect(await laptop.run(siblings, "both/7")).toEqual(["settled"]);
      await bothHoldTheSame();
    });
  });
};
