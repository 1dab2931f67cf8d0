/** From what an app says about itself to where its data are: a store, or the app's own keeping. */
import {
  codeOf,
  fields,
  INSTANCE_BYTES,
  LOCAL_PORTS,
  parseNamespaceId,
  type NamespaceId,
} from "@masq/core";
import { platform } from "#platform";
import { checkOptions, invalid } from "./check-options.ts";
import { Connected, type Mode, type Way } from "./connected.ts";
import { readDevices } from "./device-status.ts";
import { Link } from "./link/link.ts";
import type { ConnectOptions } from "./options.ts";
import { storePairing } from "./pairing.ts";
import type { AppIdentity, Credentials } from "./platform/platform.ts";
import type { PeerWay } from "./peer-mode/index.ts";
import type { SeenVersions } from "./seen-versions.ts";
import { storeSource, type StoreSourceOptions } from "./store-mode/attach.ts";
import type { StorageKind } from "./use-store.ts";

const DEFAULT_PATIENCE_MS = 30_000;
const LOCAL_URLS = LOCAL_PORTS.map((port) => `ws://127.0.0.1:${port}`);

interface App extends AppIdentity {
  readonly namespace: NamespaceId;
  /** Random id of the client instance. */
  readonly instance: Uint8Array;
  readonly patienceMs: number;
}

/** What differs from one way to open a store to another. */
export type StoreWayOptions = Pick<StoreSourceOptions, "onConsent" | "openTimeoutMs">;

/** As `MasqClient.connect`; `onStatus` is called when something of the status differs. */
export const connect = async (
  options: ConnectOptions,
  { seen, onStatus }: { readonly seen: SeenVersions; readonly onStatus: () => void },
): Promise<Connected> => {
  checkConnect(options);
  const { patienceMs = DEFAULT_PATIENCE_MS, signal } = options;
  const identity = platform.identify(options.app.id);
  const namespace =
    options.namespace === undefined ? identity.identity : parseNamespaceId(options.namespace);
  const instance = platform.host.random(INSTANCE_BYTES);
  const app = { ...identity, namespace, instance, patienceMs };
  const { host } = platform;
  const openPeer = (): Promise<PeerWay> => openPeerMode(options, app);
  // On Node only where the app has come from there: its person starts it, and reads why it ended.
  const mayGoBack =
    options.mode !== "store" && namespace === identity.identity && !platform.looksForStore;
  const open = (way: Way): Promise<Connected> =>
    Connected.open({
      way,
      openPeer: mayGoBack ? openPeer : undefined,
      openLink: (ends) => Link.open({ ...ends, host, seen, patienceMs, onStatus }, signal),
      changed: onStatus,
    });
  const mode = await modeOf(options, app);
  if (mode === "peer") return open(await openPeer());
  try {
    const credentials = await platform.openCredentials(identity.identity, options.directory);
    const connected = await open(openStore(options, app, credentials));
    // What the app held itself is kept open beside the store until its other devices know of that.
    if (credentials.grant?.adoption === "untold")
      openPeer().then(
        (peer) => peer.tell(connected),
        () => {},
      );
    return connected;
  } catch (error) {
    const code = codeOf(error);
    const isBack = mayGoBack && code === "MASQ_GRANT_REVOKED";
    if (!isBack && (mode !== "either" || code !== "MASQ_STORE_ABSENT")) throw error;
    const connected = await open(await openPeer());
    if (isBack) connected.noStore = "revoked";
    return connected;
  }
};

/** Throws MASQ_OPTION_INVALID. What only one mode knows is looked at there. */
export const checkConnect = (options: ConnectOptions): void => {
  checkOptions(options, {
    string: "mode syncService syncServiceToken namespace directory",
    boolean: "inMemory",
    function: "onInvitation onConsent",
    number: "patienceMs",
    object: "store",
  });
  const { app, mode = "auto", store, patienceMs = 0 } = options;
  if (Object(app) !== app) throw invalid("The option app has to be an object with a name");
  checkOptions(app, { string: "name id url" });
  if (!app.name?.trim()) throw invalid("An app needs a name");
  if (!["auto", "store", "peer"].includes(mode)) throw invalid("There is no such mode");
  if (!(patienceMs >= 0)) throw invalid("A patience must not be negative");
  const { url = "ws://127.0.0.1" } = store ?? {};
  if (!/^wss?:[^#]+$/.test(url) || !URL.canParse(url))
    throw invalid("A store's url has to begin with ws:");
};

/**
 * What "auto" comes to. A grant decides, and data that the app holds already: they must not seem to be gone because a
 * store has come. Then a browser takes peer mode without a look at its computer, which it would ask the person about; on
 * Node a store is looked for, and only an app that names a sync service goes on without one.
 */
const modeOf = async (
  { mode = "auto", directory, syncService, inMemory }: ConnectOptions,
  { identity, namespace }: App,
): Promise<Mode | "either"> => {
  if (mode !== "auto") return mode;
  // Only a store has an owner who could consent to another app's namespace.
  if (namespace !== identity) return "store";
  const grant = await platform.readGrant(identity, directory);
  if (grant !== undefined && grant.adoption !== "unfinished") return "store";
  if (inMemory === true || (await platform.hasOwnData(identity, directory))) return "peer";
  if (!platform.looksForStore) return "peer";
  return syncService === undefined ? "store" : "either";
};

const openStore = (
  options: ConnectOptions,
  app: App,
  credentials: Credentials,
  given?: StoreWayOptions,
): Way => {
  const { store, onConsent } = options;
  const { identity, appId, namespace, instance, patienceMs } = app;
  const source = storeSource({
    onConsent,
    platform,
    credentials,
    app: { identity, appId, name: options.app.name },
    namespace,
    instance,
    urls: store?.url === undefined ? LOCAL_URLS : [store.url],
    patienceMs,
    ...given,
  });
  return {
    mode: "store",
    source,
    pairing: storePairing,
    devices: anonymousDevices,
    storageKind: inStore,
    persist: inStore,
    useStore: async () => ({ used: true }),
  };
};

const inStore = async (): Promise<StorageKind> => "persistent";

const anonymousDevices: Way["devices"] = async (link, signal) => {
  const status = fields.asRecord(await link.read("status", null, signal), "a status");
  return readDevices(status["devices"]).map((device) => ({
    ...device,
    id: undefined,
    name: undefined,
  }));
};

const openPeerMode = async (options: ConnectOptions, app: App): Promise<PeerWay> => {
  const { syncService, syncServiceToken, directory, inMemory = false, onInvitation } = options;
  const { identity, namespace, instance } = app;
  const { openPeer } = await import("./peer-mode/index.ts");
  return openPeer({
    identity,
    place: { namespace, directory, inMemory },
    instance,
    syncService,
    syncServiceToken,
    appUrl: options.app.url,
    onInvitation,
    openStore: (credentials, given) => openStore(options, app, credentials, given),
  });
};
