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
import { checkOptions, checkSignal, invalid } from "./check-options.ts";
import { readDevices, type Device } from "./device-status.ts";
import { Link } from "./link/link.ts";
import type { Source } from "./link/source.ts";
import type { ConnectOptions } from "./options.ts";
import { storePairing, type Pairing } from "./pairing.ts";
import type { AppIdentity } from "./platform/platform.ts";
import type { SeenVersions } from "./seen-versions.ts";
import { storeSource } from "./store-mode/attach.ts";

const DEFAULT_PATIENCE_MS = 30_000;
const LOCAL_URLS = LOCAL_PORTS.map((port) => `ws://127.0.0.1:${port}`);

export type Mode = "store" | "peer";

/** What a client works on. */
export interface Connected {
  readonly mode: Mode;
  readonly link: Link;
  readonly source: Source;
  readonly pairing: Pairing;
  /** With their names, where they are the app's own. */
  readonly devices: (link: Link, signal: AbortSignal | undefined) => Promise<Device[]>;
}

type Way = Omit<Connected, "mode" | "link">;

interface App extends AppIdentity {
  readonly namespace: NamespaceId;
}

/** As `MasqClient.connect`; `onStatus` is called when something of the link's status differs. */
export const connect = async (
  options: ConnectOptions,
  { seen, onStatus }: { readonly seen: SeenVersions; readonly onStatus: () => void },
): Promise<Connected> => {
  checkConnect(options);
  const { patienceMs = DEFAULT_PATIENCE_MS, signal } = options;
  const identity = platform.identify(options.app.id);
  const namespace =
    options.namespace === undefined ? identity.identity : parseNamespaceId(options.namespace);
  const app = { ...identity, namespace };
  const open = async (mode: Mode): Promise<Connected> => {
    const way =
      mode === "store"
        ? await openStore(options, app, patienceMs)
        : await openPeerMode(options, app);
    const { source } = way;
    try {
      const { host } = platform;
      const link = await Link.open({ source, host, seen, patienceMs, onStatus }, signal);
      return { mode, link, ...way };
    } catch (error) {
      await source.close();
      throw error;
    }
  };
  const mode = await modeOf(options, app);
  if (mode !== "either") return open(mode);
  try {
    return await open("store");
  } catch (error) {
    if (codeOf(error) !== "MASQ_STORE_ABSENT") throw error;
    return open("peer");
  }
};

/** Throws MASQ_OPTION_INVALID. What only one mode knows is looked at there. */
export const checkConnect = (options: ConnectOptions): void => {
  checkOptions(options, {
    string: "mode syncService namespace directory",
    boolean: "inMemory",
    function: "onInvitation onConsent",
    number: "patienceMs",
    object: "store",
  });
  const { app, mode = "auto", store, patienceMs = 0, signal } = options;
  checkSignal(signal);
  checkOptions(app, { string: "name id url" });
  if (app.name === undefined) throw invalid("An app has a name");
  if (!["auto", "store", "peer"].includes(mode)) throw invalid("There is no such mode");
  if (!(patienceMs >= 0)) throw invalid("A patience is not negative");
  const { url = "ws://127.0.0.1" } = store ?? {};
  if (!/^wss?:[^#]+$/.test(url) || !URL.canParse(url))
    throw invalid("A store's url begins with ws:");
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
  if (namespace !== identity || (await platform.hasGrant(identity, directory))) return "store";
  if (inMemory === true || (await platform.hasOwnData(identity, directory))) return "peer";
  if (!platform.looksForStore) return "peer";
  return syncService === undefined ? "store" : "either";
};

const openStore = async (
  { app, store, directory, onConsent }: ConnectOptions,
  { identity, appId, namespace }: App,
  patienceMs: number,
): Promise<Way> => {
  const credentials = await platform.openCredentials(identity, directory);
  const source = storeSource({
    platform,
    app: { identity, appId, name: app.name },
    credentials,
    namespace,
    instance: platform.host.random(INSTANCE_BYTES),
    urls: store?.url === undefined ? LOCAL_URLS : [store.url],
    onConsent,
    patienceMs,
  });
  return { source, pairing: storePairing, devices: anonymousDevices };
};

const anonymousDevices: Way["devices"] = async (link, signal) => {
  const status = fields.asRecord(await link.read("status", null, signal), "a status");
  return readDevices(status["devices"]).map((device) => ({
    ...device,
    id: undefined,
    name: undefined,
  }));
};

const openPeerMode = async (
  { app, syncService, directory, inMemory = false, onInvitation }: ConnectOptions,
  { identity, namespace }: App,
): Promise<Way> => {
  const { openPeer } = await import("./peer-mode/index.ts");
  return openPeer({
    identity,
    place: { namespace, directory, inMemory },
    instance: platform.host.random(INSTANCE_BYTES),
    syncService,
    appUrl: app.url,
    onInvitation,
  });
};
