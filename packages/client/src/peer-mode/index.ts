/** Peer mode: the app holds its data itself. Loaded only where no store is used. */
import { peerPlatform } from "#peer-platform";
import type { DataPlace } from "../platform/peer-platform.ts";
import { platform } from "#platform";
import { MasqError, type NamespaceId, type Storage } from "@masq/core";
import { accessTokenOf, syncServiceAddress, type RelayAccess } from "@masq/core/peer";
import { callApp } from "../call-app.ts";
import { checkAsking, invalid } from "../check-options.ts";
import type { Connected, Way } from "../connected.ts";
import type { StorageKind } from "../use-store.ts";
import type { OpenStore } from "./adoption.ts";
import { Holder } from "./holder.ts";
import { readOwnDevices } from "./own-devices.ts";
import { peerPairing } from "./pairing.ts";
import { peerSource } from "./peer-source.ts";
import { TurnToStore } from "./turn-to-store.ts";

export interface PeerOptions {
  readonly identity: NamespaceId;
  readonly place: DataPlace;
  readonly instance: Uint8Array;
  readonly syncService: string | undefined;
  readonly syncServiceToken: string | undefined;
  /** The app's own address, for invitation links. */
  readonly appUrl: string | undefined;
  readonly openStore: OpenStore;
  /** Called with links this page is opened by, once the data are reached. */
  readonly onInvitation: ((link: string) => void) | undefined;
}

export interface PeerWay extends Way {
  /** Tells the app's other devices, from what it held itself, of the store that the client is at. */
  tell(connected: Connected): void;
}

/** Throws MASQ_OPTION_INVALID; what can only be found out by opening the data comes with the first connection. */
export const openPeer = (options: PeerOptions): PeerWay => {
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
  const access = accessOf(syncService, options.syncServiceToken);
  const { crypto } = peerPlatform;
  /** Of the store that the data have been given to: whoever holds them next meets it there as well. */
  let localRelay: RelayAccess | undefined;
  const start = async (storage: Storage, isEvicted: boolean): Promise<Holder> => {
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
        localRelay,
        isEvicted,
        access,
      });
    } catch (error) {
      await storage.close();
      throw error;
    }
  };
  const seat = peerPlatform.openSeat(place, start);
  const source = peerSource({ host, seat, namespace, instance });
  const invitations = followInvitations(options.onInvitation);
  const turn = new TurnToStore({
    identity,
    directory: place.directory,
    seat,
    openStore: options.openStore,
    meetAt: (relay) => (localRelay = relay),
  });
  const pairing = peerPairing({ clock: host.clock, seat, namespace, appUrl });
  const persist = (): Promise<StorageKind> => peerPlatform.persist(place);
  const way: PeerWay = {
    mode: "peer",
    source: {
      ...source,
      async attach(request) {
        const attachment = await source.attach(turn.follow(request));
        invitations.tell();
        return attachment;
      },
      close() {
        invitations.end();
        turn.end();
        return source.close();
      },
    },
    // Both are asked for by a click, which is the time to ask the browser.
    pairing: {
      async invite(inviting) {
        checkAsking(inviting, "confirm");
        void persist();
        return pairing.invite(inviting);
      },
      async accept(link, accepting) {
        if (typeof link !== "string") throw invalid("An invitation's link is a text");
        checkAsking(accepting, "confirm");
        void persist();
        return pairing.accept(link, accepting);
      },
    },
    storageKind: () => peerPlatform.storageKind(place),
    persist,
    useStore(connected, given) {
      if (given.onConsent !== undefined) void persist();
      return turn.useStore(way, connected, given);
    },
    entered: (connected) => turn.entered(connected),
    tell: (connected) => void turn.tell(way, connected).catch(() => {}),
    devices: async (link, signal) => readOwnDevices(await link.read("peer.devices", null, signal)),
  };
  return way;
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

const accessOf = (url: string | undefined, text: string | undefined): RelayAccess | undefined => {
  if (text === undefined) return undefined;
  const accessToken = accessTokenOf(text);
  if (url !== undefined && accessToken !== undefined) return { url, accessToken };
  throw new MasqError(
    "MASQ_OPTION_INVALID",
    "An access token has 1 to 255 bytes, and goes with the sync service that asks for it.",
  );
};
