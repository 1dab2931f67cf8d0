/** What the devices of a scenario do and wait for; each runs where the client is, and can use nothing else. */
import type { Given } from "./sides.ts";

/** Resolves when the only other device is as wanted. */
export const whenOther = async ({
  client,
  input: wanted,
}: Given<"connected" | "away" | "verified">): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = ([device]: Awaited<ReturnType<typeof client.devices>>): void => {
    if (device === undefined) return;
    const { connected, verifiedSince, toSend } = device;
    const isVerified = connected && verifiedSince !== undefined && toSend === 0;
    if (wanted === "verified" ? isVerified : connected === (wanted === "connected")) resolve();
  };
  const stop = client.on("status", ({ devices }) => look(devices as never));
  look(await client.devices());
  await promise;
  stop();
};

/** Resolves when the key shows the value. */
export const shows = async ({
  client,
  input,
}: Given<readonly [string, unknown]>): Promise<void> => {
  const [key, value] = input;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = client.watch({ key }, ([change]) => change?.value === value && resolve());
  if ((await client.get(key)) === value) resolve();
  await promise;
  stop();
};

export const accept = async ({ client, input: link }: Given<string>): Promise<void> => {
  await client.pairing.accept(link, { confirm: () => true });
};

/** Everything a device holds: the versions name every sibling. */
export const holdings = async ({
  client,
}: Given<undefined>): Promise<[string, string, boolean][]> =>
  (await client.list()).map(({ key, version, conflict }) => [key, version, conflict]);

export const siblings = ({ client, input: key }: Given<string>): Promise<string[]> =>
  client.conflicts(key).then((all) => all.map(({ value }) => String(value)));
