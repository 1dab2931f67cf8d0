/** The store: a data directory, its database, its grants and its door, as one object with a life cycle. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  ADMIN_IDENTITY,
  Grants,
  LOCAL_PORTS,
  codeOf,
  MasqError,
  parseNamespaceId,
  STORE_NAMESPACE,
  STORE_SECRET_BYTES,
  storeKeyFor,
  softwareKey,
  type Host,
  type NamespaceId,
  type Storage,
  Instances,
  watchStorage,
} from "@masq/core";
import { otherDevices } from "@masq/core/peer";
import {
  databaseKey,
  keyFile,
  nodeHost,
  nodePrimitives,
  preparePrivateDirectory,
} from "@masq/node";
import { openSqliteStorage, succeedIfCopied, type SqliteStorage } from "@masq/node/sqlite";
import type { Logger } from "pino";
import { readAccess } from "./access-token.ts";
import { readConfig, writeSetting, type Config } from "./config.ts";
import { dataFiles, isStoreFile, type DataFiles } from "./data-directory.ts";
import { Devices } from "./devices/devices.ts";
import { AllowedBeforehand } from "./gateway/allowed-beforehand.ts";
import { AccessRequests } from "./gateway/access-requests.ts";
import { Gateway } from "./gateway/gateway.ts";
import { LocalRelay } from "./gateway/local-relay.ts";
import { Refusals } from "./gateway/refusals.ts";
import { Replicas } from "./gateway/replicas.ts";
import { openLog } from "./log.ts";
import { readRunning, removeRunning, writeRunning } from "./running-file.ts";
import { VERSION } from "./version.ts";

export interface StoreOptions {
  readonly directory: string;
  /** The only port to take; 0 lets the system choose. Default: the configured one, else the documented ones in turn. */
  readonly port?: number | undefined;
  /** Ids of native apps that get access without being asked about, as long as this store runs. */
  readonly allow?: readonly string[] | undefined;
  /** For developing apps: native apps and pages from this computer get access without being asked about. */
  readonly allowEveryLocalApp?: boolean | undefined;
  /** Where the owner's devices meet; kept in the settings. Default: the one kept there. */
  readonly syncService?: string | undefined;
  /** File of mode 0600 with the access token that it asks for; kept in the settings, by its path alone. */
  readonly syncServiceTokenFile?: string | undefined;
}

export interface Store {
  readonly directory: string;
  readonly port: number;
  /** Where it meets the owner's other devices; undefined for nowhere. */
  readonly syncService: string | undefined;
  /** Settles when the store has stopped, whoever asked it to; rejects when it could not close its database. */
  readonly stopped: Promise<void>;
  /** Ends connections, finishes writes under way, closes the database. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a store. Rejects with MASQ_STORAGE_LOCKED when another one holds the directory, MASQ_PORT_IN_USE,
 * MASQ_STORAGE_DAMAGED, MASQ_STORAGE_NEWER, MASQ_DIRECTORY_INVALID or MASQ_CONFIG_INVALID; nothing runs then.
 */
export const startStore = async (options: StoreOptions): Promise<Store> => {
  const files = dataFiles(options.directory);
  const allowed = new AllowedBeforehand({
    apps: (options.allow ?? []).map((id) => parseNamespaceId(`app:${id}`)),
    everyLocalApp: options.allowEveryLocalApp ?? false,
  });
  await preparePrivateDirectory(files.directory, isStoreFile);
  // Before anything is opened: a setting that is wrong stops nobody's store.
  await readConfig(files.config);
  const storage = await openStorage(files);
  try {
    // Only now is this the directory's store, which may change its settings.
    if (options.syncService !== undefined)
      await writeSetting(files.config, "sync-service", options.syncService);
    if (options.syncServiceTokenFile !== undefined)
      await writeSetting(
        files.config,
        "sync-service-token-file",
        resolve(options.syncServiceTokenFile),
      );
    return await serve(options, files, await readConfig(files.config), storage, allowed);
  } catch (error) {
    await storage.close();
    throw error;
  }
};

const openStorage = async (files: DataFiles): Promise<SqliteStorage> => {
  try {
    // The command line's key is made once the database is there.
    const hasRun = existsSync(files.adminKey);
    const key = await databaseKey(files.databaseKey, files.database, nodeHost.random, hasRun);
    return await openSqliteStorage({ file: files.database, key });
  } catch (error) {
    if (codeOf(error) !== "MASQ_STORAGE_LOCKED") throw error;
    const running = await readRunning(files.running);
    const holder =
      running === undefined
        ? "another process"
        : `the store with process number ${running.pid}, on port ${running.port} since ${new Date(running.since).toISOString()}`;
    throw new MasqError(
      "MASQ_STORAGE_LOCKED",
      `${files.directory} is in use by ${holder}. It goes on running; nothing was changed.`,
      {
        cause: error,
      },
    );
  }
};

const serve = async (
  options: StoreOptions,
  files: DataFiles,
  config: Config,
  storage: SqliteStorage,
  allowed: AllowedBeforehand,
): Promise<Store> => {
  const host = nodeHost;
  const log = openLog(files.log, config.logLevel ?? "info");
  const place = { file: files.database, namespace: STORE_NAMESPACE };
  if (await succeedIfCopied(host, storage, place))
    log.warn("the database is a copy: its replicas go on under new ids");
  const secret = await storeSecret(host, storage);
  const adminKey = softwareKey(nodePrimitives, await keyFile(files.adminKey, host.random));
  const grants = await Grants.open(host, storage);
  const requests = new AccessRequests(host.clock);
  const { storage: watched, health } = watchStorage(storage);
  const replicas = new Replicas(host, watched);
  const { syncService } = config;
  const access = await readAccess(config);
  const relay = new LocalRelay({
    host,
    secret,
    grants,
    met: (app, isThere) => devices.apps.met(app, isThere),
  });
  const devices = await Devices.open({
    host,
    log,
    storage: watched,
    replicas,
    syncService,
    access,
    grants,
    relay: () => ({ url: `ws://127.0.0.1:${gateway.port}`, accessToken: relay.ownToken }),
  });
  const shared = {
    grants,
    requests,
    replicas,
    instances: new Instances(),
    otherDevices: (namespace: NamespaceId) =>
      otherDevices(namespace, () => devices.membershipsOf(namespace)),
  };
  const since = host.clock.now();
  let stopping: Promise<void> | undefined;
  const { promise: stopped, resolve: ended, reject: failed } = Promise.withResolvers<void>();
  // Whoever stops the store is told as well; nobody has to listen twice.
  stopped.catch(() => {});

  const refusals = new Refusals(host.clock, log);
  const gateway = new Gateway({
    host,
    log,
    refusals,
    secret,
    adminKey: adminKey.publicKey,
    grants,
    allowed,
    relay,
    appServices: {
      ...shared,
      health,
      relayToken: (keyId) => relay.tokenFor(keyId),
      joinCircle: (app, link) => devices.apps.joinByAccess(app, link),
    },
    adminServices: {
      ...shared,
      log,
      devices,
      adoptSyncService: async (url) => {
        await writeSetting(files.config, "sync-service", url);
        await devices.setSyncService(url);
      },
      storage,
      check: () => storage.quickCheck(),
      status: () => ({
        version: VERSION,
        pid: process.pid,
        port: gateway.port,
        since,
        directory: files.directory,
        connections: gateway.connections,
        memory: process.memoryUsage.rss(),
      }),
      stop: () => void stop().catch(() => {}),
    },
  });

  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      devices.close();
      await gateway.close();
      refusals.close();
      await storage.close();
      await removeRunning(files.running);
      log.info("store stopped");
    })();
    stopping.then(ended, failed);
    return stopping;
  };

  let port: number;
  try {
    port = await gateway.listen(portsOf(options, config.port));
    const { publicKey } = storeKeyFor(nodePrimitives, secret, ADMIN_IDENTITY);
    await writeRunning(files.running, { pid: process.pid, port, since, storeKey: publicKey });
  } catch (error) {
    devices.close();
    await gateway.close();
    throw error;
  }
  log.info({ version: VERSION, port }, "store started");
  if (storage.wasUnclean) checkInBackground(storage, log);
  return { directory: files.directory, port, syncService, stopped, stop };
};

const portsOf = ({ port }: StoreOptions, configured: number | undefined): readonly number[] => {
  const only = port ?? configured;
  return only === undefined ? LOCAL_PORTS : [only];
};

/** After a crash the database is looked through once, without making its owner wait. */
const checkInBackground = (storage: SqliteStorage, log: Logger): void => {
  log.warn("the store was not stopped properly last time; checking the database");
  storage.quickCheck().then(
    (result) =>
      result === "ok"
        ? log.info("database checked: ok")
        : log.error({ result }, "database damaged"),
    (error: unknown) => log.error({ err: error }, "database could not be checked"),
  );
};

const STORE_SECRET_NOTE = "secret";

/** The secret the store's keys follow from; made once, kept in the encrypted database. */
const storeSecret = (host: Host, storage: Storage): Promise<Uint8Array> =>
  storage.update(STORE_NAMESPACE, { notes: [STORE_SECRET_NOTE] }, (view) => {
    const found = view.note(STORE_SECRET_NOTE);
    if (found !== undefined) return { result: found };
    const secret = host.random(STORE_SECRET_BYTES);
    return { notes: [[STORE_SECRET_NOTE, secret]], result: secret };
  });
