/** Computers of one owner: on each a real store in a process of its own, an app that uses it, and the command line. */
import { join } from "node:path";
import { MasqClient, type DeviceStatus } from "@masq/client";
import { pairStores, startStoreProcess, type StoreProcess } from "@masq/store/testing";
import { expect, onTestFinished } from "vitest";
import { cliFor, type Cli } from "../scenarios/masq-process.ts";
import { audit, type Audit } from "./audit.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export const APP_ID = "org.example.notes";
export const NAMESPACE = `app:${APP_ID}`;

/** For an app that waits for a store which is killed again and again on a busy machine. */
const PATIENCE_MS = 300_000;

export class Computer {
  readonly directory: string;
  readonly cli: Cli;
  readonly app: MasqClient;
  #store: StoreProcess;

  constructor(directory: string, store: StoreProcess, app: MasqClient) {
    this.directory = directory;
    this.cli = cliFor(directory);
    this.app = app;
    this.#store = store;
  }

  get pid(): number {
    return this.#store.pid;
  }

  get port(): number {
    return this.#store.port;
  }

  /** Ends its store as Ctrl-C would. */
  stop(): Promise<void> {
    return this.#store.stop();
  }

  /** Ends its store as a crash would. */
  kill(): Promise<void> {
    return this.#store.kill();
  }

  /** Starts its store anew where it was, so that the app finds it again. */
  async start(variables: NodeJS.ProcessEnv = {}): Promise<void> {
    const { directory, port } = this;
    this.#store = await startStoreProcess({ directory, port, allow: [APP_ID], variables });
  }

  async killAndStart(): Promise<void> {
    await this.kill();
    await this.start();
  }
}

let computers = 0;

/** Lasts as long as the test. Without a sync service it is told of none. */
export const openComputer = async (
  syncService?: string,
  variables: NodeJS.ProcessEnv = {},
): Promise<Computer> => {
  computers += 1;
  const directory = join(temporaryDirectory(), `store-${computers}`);
  const store = await startStoreProcess({ directory, allow: [APP_ID], syncService, variables });
  let computer: Computer | undefined;
  onTestFinished(async () => {
    await computer?.app.close();
    await (computer ?? store).stop();
  });
  const app = await MasqClient.connect({
    app: { name: "Notes", id: APP_ID },
    directory: join(temporaryDirectory(), "app"),
    store: { url: store.url },
    onConsent: () => {},
    patienceMs: PATIENCE_MS,
  });
  computer = new Computer(directory, store, app);
  return computer;
};

export const pair = (inviting: Computer, joining: Computer): Promise<void> =>
  pairStores(inviting.directory, joining.directory);

/** Resolves when what the app is told of its other devices fits `isWanted`. */
export const until = async (
  { app }: Computer,
  isWanted: (devices: readonly DeviceStatus[]) => boolean,
): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = app.on("status", ({ devices }) => isWanted(devices) && resolve());
  if (isWanted((await app.status()).devices)) resolve();
  await promise;
  stop();
};

export const verified = (devices: readonly DeviceStatus[]): boolean =>
  devices.length > 0 &&
  devices.every(({ verifiedSince, toSend }) => verifiedSince !== undefined && toSend === 0);

/** The value of a key once it is there. */
export const seen = async ({ app }: Computer, key: string, value: unknown): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (found: unknown): void => {
    if (JSON.stringify(found) === JSON.stringify(value)) resolve();
  };
  const stop = app.watch({ key }, ([change]) => look(change?.value));
  look(await app.get(key));
  await promise;
  stop();
};

/** All that an app sees. */
export const contents = async ({ app }: Computer): Promise<unknown> =>
  (await app.list()).map(({ key, value, version }) => [key, value, version]);

let settlings = 0;

/**
 * Resolves when either of two computers holds what the other held before, whoever wrote it: each writes once more, and
 * that is known to be held only by who has taken in all that came before it.
 */
export const settle = async (...[one, other]: readonly [Computer, Computer]): Promise<void> => {
  settlings += 1;
  await Promise.all([
    one.app.put("settled/one", settlings, { until: 1 }),
    other.app.put("settled/other", settlings, { until: 1 }),
  ]);
};

/**
 * Stops the computers and looks into their databases: each is sound, its digest follows from what it holds, and all hold
 * the same. Returns what that is.
 */
export const expectSame = async (...all: readonly Computer[]): Promise<Audit> => {
  for (const computer of all) await computer.stop();
  const audits: Audit[] = [];
  for (const { directory } of all) audits.push(await audit(directory, NAMESPACE));
  for (const found of audits) {
    expect(found.quickCheck).toBe("ok");
    expect(found.computedDigest).toBe(found.digest);
  }
  const [first, ...others] = audits as [Audit, ...Audit[]];
  for (const { digest, valueByKey } of others) {
    if (digest === first.digest) continue;
    expect(missingOf(first.valueByKey, valueByKey), "missing there").toEqual([]);
    expect(missingOf(valueByKey, first.valueByKey), "missing here").toEqual([]);
    expect(digest).toBe(first.digest);
  }
  return first;
};

/** What was promised and is not held, or held otherwise. */
export const missingOf = (
  promised: ReadonlyMap<string, unknown>,
  held: ReadonlyMap<string, unknown>,
): [key: string, value: unknown][] =>
  [...promised].filter(([key, value]) => JSON.stringify(held.get(key)) !== JSON.stringify(value));

/** An app that writes one entry after the other under a prefix until it is told to stop. */
export interface Writer {
  /** What was acknowledged so far. */
  readonly acknowledged: ReadonlyMap<string, unknown>;
  /** Resolves when so many more are acknowledged. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

export const writeOn = ({ app }: Computer, prefix: string, callers = 1): Writer => {
  const acknowledged = new Map<string, unknown>();
  const waiting = new Set<() => void>();
  let isOver = false;
  const call = async (caller: number): Promise<void> => {
    for (let turn = 0; !isOver; turn += 1) {
      const key = `${prefix}/${caller}/${turn}`;
      await app.put(key, turn);
      acknowledged.set(key, turn);
      for (const look of waiting) look();
    }
  };
  const calls = Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  // Told of by `stop`.
  calls.catch(() => {});
  return {
    acknowledged,
    more: (count) => {
      const goal = acknowledged.size + count;
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (acknowledged.size >= goal && waiting.delete(look)) resolve();
      };
      waiting.add(look);
      return Promise.race([promise, calls.then(() => {})]);
    },
    stop: async () => {
      isOver = true;
      await calls;
    },
  };
};
