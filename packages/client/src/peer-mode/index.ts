/** Peer mode: the app holds its data itself. Loaded only where no store is used. */
import { peerPlatform } from "#peer-platform";
import type { DataPlace } from "../platform/peer-platform.ts";
import { platform } from "#platform";
import { MasqError, type Storage } from "@masq/core";
import { syncServiceAddress } from "@masq/core/peer";
import type { Source } from "../link/source.ts";
import type { Pairing } from "../pairing.ts";
import { Holder } from "./holder.ts";
import { peerPairing } from "./pairing.ts";
import { peerSource } from "./peer-source.ts";

export interface PeerOptions {
  readonly place: DataPlace;
  readonly instance: Uint8Array;
  readonly syncService: string | undefined;
  /** The app's own address, for invitation links. */
  readonly appUrl: string | undefined;
}

/** Throws MASQ_OPTION_INVALID; what can only be found out by opening the data comes with the first connection. */
export const openPeer = (
  options: PeerOptions,
): { readonly source: Source; readonly pairing: Pairing } => {
  const { place, instance, appUrl } = options;
  const { namespace } = place;
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
  return {
    source: peerSource({ host, seat, namespace, instance }),
    pairing: peerPairing({ clock: host.clock, seat, appUrl }),
  };
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
