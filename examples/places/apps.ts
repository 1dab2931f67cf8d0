/** What the apps of the story do with their places, through MasqClient alone. */
import { MasqClient, type DeviceStatus, type Entry } from "@masq/client";
import type { PlaceEntry } from "./data-set.ts";
import { progress } from "./report.ts";

export const APP_ID = "org.example.places";
const BATCH = 1000;
const BATCHES_UNDER_WAY = 4;

export const connect = (name: string, directory: string, port: number): Promise<MasqClient> =>
  MasqClient.connect({
    app: { name, id: APP_ID },
    directory,
    store: { url: `ws://127.0.0.1:${port}` },
    onConsent: () => {},
  });

/** Writes all places in batches, a few of them under way at a time. */
export const load = async (client: MasqClient, places: readonly PlaceEntry[]): Promise<void> => {
  const show = progress(places.length, "places");
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < places.length) {
      const part = places.slice(next, next + BATCH);
      next += part.length;
      await client.batch(part.map(({ key, value }) => ({ op: "put", key, value })));
      done += part.length;
      show(done);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_UNDER_WAY }, work));
};

/** Resolves when the only other device is known to hold the same; `show` is told how much there is still to send. */
export const verified = async (
  client: MasqClient,
  show: (toSend: number) => void = () => {},
): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = ([device]: readonly DeviceStatus[]): void => {
    if (device?.toSend !== undefined) show(device.toSend);
    if (device?.verifiedSince !== undefined && device.toSend === 0) resolve();
  };
  const stop = client.on("status", ({ devices }) => look(devices));
  look((await client.status()).devices);
  await promise;
  stop();
};

/** Resolves when the only other device is connected, or no longer. */
export const connection = async (client: MasqClient, isWanted: boolean): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = ([device]: readonly DeviceStatus[]): void => {
    if (device?.connected === isWanted) resolve();
  };
  const stop = client.on("status", ({ devices }) => look(devices));
  look((await client.status()).devices);
  await promise;
  stop();
};

/** The part of a place that the apps edit. */
export type Note = { readonly note?: string };

/** When each note reached an app that watches. */
export const followNotes = (client: MasqClient): ReadonlyMap<string, number> => {
  const seenAt = new Map<string, number>();
  client.watch("place/", (changes: Entry[]) => {
    for (const { value } of changes) {
      const note = (value as Note | undefined)?.note;
      if (note !== undefined) seenAt.set(note, performance.now());
    }
  });
  return seenAt;
};

export interface EditOptions {
  readonly label: string;
  readonly count: number;
  /** Wait until another device has each edit before making the next. */
  readonly until?: "device";
}

/** Edits places one after the other; resolves with the moment each edit was begun. */
export const edit = async (
  client: MasqClient,
  places: readonly PlaceEntry[],
  { label, count, until }: EditOptions,
): Promise<Map<string, number>> => {
  const madeAt = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const { key, value } = places[(index * 97) % places.length] as PlaceEntry;
    const note = `${label} ${index}`;
    madeAt.set(note, performance.now());
    await client.put(key, { ...value, note }, { until });
  }
  return madeAt;
};

export const delays = (
  madeAt: ReadonlyMap<string, number>,
  seenAt: ReadonlyMap<string, number>,
): number[] => [...madeAt].map(([note, made]) => (seenAt.get(note) ?? Infinity) - made);
