/** Peer mode: the app holds its data itself. Loaded only where no store is used. */
import { peerPlatform } from "#peer-platform";
import type { DataPlace } from "../platform/peer-platform.ts";
import { platform } from "#platform";
import { MasqError, type NamespaceId, type Storage } from "@masq/core";
import { syncServiceAddress } from "@masq/core/peer";
import { callApp } from "../call-app.ts";
import type { Connected } from "../connect.ts";
import { Holder } from "./holder.ts";
import { readOwnDevices } from "./own-devices.ts";
import { peerPairing } from "./pairing.ts";
import { peerSource } from "./peer-source.ts";

export interface PeerOptions {
  readonly identity: NamespaceId;
  readonly place: DataPlace;
  readonly instance: Uint8Array;
  readonly syncService: string | undefined;
  /** The app's own address, for invitation links. */
  readonly appUrl: string | undefined;
  /** Called with links this page is opened by, once the data are reached. */
  readonly onInvitation: ((link: string) => void) | undefined;
}

/** Throws MASQ_OPTION_INVALID; what can only be found out by opening the data comes with the first connection. */
export const openPeer = (options: PeerOptions): Omit<Connected, "mode" | "link"> => {
  const { identity, place, instance } = options;
  const { namespace } = place;
  if (namespace !== identity)
    throw new MasqError(
      "MASQ_OPTION_INVALID",
      "An app without a store holds its own namespace alone: another app's needs a store, whose owner can consent.",
    );
  const appUrl = options.appUrl === undefined ? undefined : peerPlatform.pageUrl(options.appUrl);
  const { host, openSocket } = platform;
  const syncService = syncServiceOf(options.syncService);
  const { crypto } = peerPlatform;
  const start = async (storage: Storage): Promise<Holder> => {
    try {
      const keys = await peerPlatform.openPeerKeys(storage, place);
      const name = peerPlatform.deviceName();
      return await Holder.open({
        host,
        crypto,
        openSocket,
        storage,
        keys,
        namespace,
        name,
        syncService,
      });
    } catch (error) {
      await storage.close();
      throw error;
    }
  };
  const seat = peerPlatform.openSeat(place, start);
  const source = peerSource({ host, seat, namespace, instance });
  const invitations = followInvitations(options.onInvitation);
  return {
    source: {
      ...source,
      async attach(request) {
        const attachment = await source.attach(request);
        invitations.tell();
        return attachment;
      },
      close() {
        invitations.end();
        return source.close();
      },
    },
    pairing: peerPairing({ clock: host.clock, seat, namespace, appUrl }),
    devices: async (link, signal) => readOwnDevices(await link.read("peer.devices", null, signal)),
  };
};

/** Links are taken at once, so that no secret stays in the address bar, and told when the app has its client. */
const followInvitations = (
  listener: PeerOptions["onInvitation"],
): { readonly tell: () => void; readonly end: () => void } => {
  // To an app that could not use it the link stays where it is.
  if (listener === undefined) return { tell: () => {}, end: () => {} };
  const { promise: isTime, resolve } = Promise.withResolvers<void>();
  const end = peerPlatform.onInvitation((link) => {
    void isTime.then(() => callApp(() => listener(link)));
  });
  // In a later turn than the one in which the app is given its client.
  return { tell: () => void platform.host.clock.setTimer(0, resolve), end };
};

const syncServiceOf = (url: string | undefined): string | undefined => {
  if (url === undefined) return undefined;
  const address = syncServiceAddress(url);
  if (address !== undefined) return address;
  throw new MasqError(
    "MASQ_OPTION_INVALID",
    "The sync service's address must begin with wss:// (or ws:// on this computer), have at most 256 bytes and no ? or #.",
  );
};
