/** Apps that hold their data themselves, as devices of one person. */
import { MasqClient, type ConnectOptions, type Device, type PairingRequest } from "@masq/client";

export const APP_ID = "org.example.notes";

/** An app in peer mode; its data are in `directory`. */
export const openPeer = (
  directory: string,
  syncService: string | undefined,
  over: Partial<ConnectOptions> = {},
): Promise<MasqClient> =>
  MasqClient.connect({
    app: { name: "Notes", id: APP_ID },
    mode: "peer",
    directory,
    syncService,
    ...over,
  });

/** Pairs two apps by a link; the person on the second types the digits where they must be typed. */
export const pairPeers = async (
  inviter: MasqClient,
  joiner: MasqClient,
): Promise<{ readonly asked: PairingRequest[]; readonly devices: [Device, Device] }> => {
  const asked: PairingRequest[] = [];
  const { promise: shown, resolve: show } = Promise.withResolvers<string>();
  const invitation = await inviter.pairing.invite({
    confirm: (device) => {
      asked.push(device);
      show(device.code as string);
      return true;
    },
  });
  const joined = joiner.pairing.accept(invitation.link, {
    confirm: async (device) => {
      asked.push(device);
      return device.mustType ? shown : true;
    },
  });
  const devices = await Promise.all([invitation.done, joined]);
  return { asked, devices };
};

/** Resolves with the value of a key once `isWanted` of it. */
export const whenValue = async (
  client: MasqClient,
  key: string,
  isWanted: (value: unknown) => boolean,
): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (value: unknown): void => {
    if (isWanted(value)) resolve();
  };
  const stop = client.watch({ key }, ([change]) => look(change?.value));
  look(await client.get(key));
  await promise;
  stop();
};

/** Resolves when both hold the same, as far as they know. */
export const whenVerified = async (client: MasqClient): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (devices: Awaited<ReturnType<MasqClient["status"]>>["devices"]): void => {
    const isSame = devices.every(
      ({ verifiedSince, toSend }) => verifiedSince !== undefined && toSend === 0,
    );
    if (devices.length > 0 && isSame) resolve();
  };
  const stop = client.on("status", ({ devices }) => look(devices));
  look((await client.status()).devices);
  await promise;
  stop();
};
