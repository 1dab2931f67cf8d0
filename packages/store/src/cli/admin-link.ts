/**
 * The command line's connection to the running store. `running.json` says where it listens and which key it has,
 * `admin.key` proves that we are its owner; both are files only the owner can read.
 */
import {
  Caller,
  CLOSE_DONE,
  codeOf,
  fields,
  INSTANCE_BYTES,
  joinStore,
  LOCAL_SUBPROTOCOL,
  MasqError,
  softwareKey,
} from "@masq/core";
import { nodeHost, nodePrimitives, openWebSocket, readKeyFile } from "@masq/node";
import { readRunning, type Running } from "../running-file.ts";
import type { Context } from "./context.ts";
import { EventQueue } from "./event-queue.ts";

const OPEN_TIMEOUT_MS = 5_000;

export interface AdminLink extends AsyncDisposable {
  readonly running: Running;
  /** Resolves when the connection has gone. */
  readonly closed: Promise<void>;
  call(method: string, params?: unknown): Promise<unknown>;
  /** The next event of this name; rejects with MASQ_STORE_UNREACHABLE when the connection goes first. */
  event(name: string): Promise<unknown>;
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but of another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

const absent = ({ files, hint }: Context, cause?: unknown): MasqError =>
  new MasqError(
    "MASQ_STORE_ABSENT",
    `No store is running for ${files.directory}. Start it with: ${hint("start")}`,
    { cause },
  );

/** Rejects with MASQ_STORE_ABSENT, MASQ_STORE_MISMATCH, MASQ_STORE_UNREACHABLE or MASQ_DIRECTORY_INVALID. */
export const openAdminLink = async (context: Context): Promise<AdminLink> => {
  const { files } = context;
  const running = await readRunning(files.running);
  if (running === undefined) throw absent(context);
  const privateKey = await readKeyFile(files.adminKey);
  if (privateKey === undefined) {
    throw new MasqError(
      "MASQ_DIRECTORY_INVALID",
      `The key file ${files.adminKey} is missing, so the store cannot know that you are its owner. Your data are safe. Stop the store (process ${running.pid}) and start it again: it makes a new one.`,
    );
  }
  try {
    const socket = await openWebSocket(`ws://127.0.0.1:${running.port}`, {
      subprotocol: LOCAL_SUBPROTOCOL,
      timeoutMs: OPEN_TIMEOUT_MS,
    });
    const { session } = await joinStore(nodeHost, socket, {
      kind: "admin",
      key: softwareKey(nodePrimitives, privateKey),
      storeKey: running.storeKey,
    });
    const { promise: closed, resolve: ended } = Promise.withResolvers<void>();
    const events = new EventQueue();
    const caller = new Caller(session, {
      event: (name, data) => events.add(name, data),
      close: () => {
        events.end();
        ended();
      },
    });
    return {
      running,
      closed,
      call: (method, params = null) => caller.call(method, params),
      event: (name) => events.next(name),
      [Symbol.asyncDispose]: async () => caller.close(CLOSE_DONE),
    };
  } catch (error) {
    // The process number may have been given to another program since, so a dead one only is proof.
    const isGone = codeOf(error) === "MASQ_STORE_ABSENT" || !isAlive(running.pid);
    if (isGone) throw absent(context, error);
    if (codeOf(error) !== "MASQ_STORE_MISMATCH") throw error;
    throw new MasqError(
      "MASQ_STORE_MISMATCH",
      `What answers on port ${running.port} is not the store of ${files.directory}. Nothing was sent to it, and your data are safe. Stop the store (process ${running.pid}) and start it again.`,
      { cause: error },
    );
  }
};

/** Opens a link and says hello, so that the data methods work in `namespace`. Rejects with MASQ_NOT_FOUND too. */
export const openDataLink = async (context: Context, namespace: string): Promise<AdminLink> => {
  const link = await openAdminLink(context);
  try {
    await sayHello(link, namespace);
    return link;
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
};

export const sayHello = async (link: AdminLink, namespace: string): Promise<void> => {
  await link.call("hello", [namespace, nodeHost.random(INSTANCE_BYTES)]);
};

/** An answer that is a list of records. */
export const asRecords = (answer: unknown): Readonly<Record<string, unknown>>[] =>
  fields.asArray(answer, "a list").map((item) => fields.asRecord(item, "a record"));
