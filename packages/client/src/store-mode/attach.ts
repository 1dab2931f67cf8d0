/**
 * From nothing to a connection that serves one namespace: find the store's port, run the handshake, ask for access
 * where there is none yet, say hello.
 */
import {
  ACCESS_TIMEOUT_MS,
  CLOSE_DONE,
  equalBytes,
  fields,
  joinStore,
  LOCAL_SUBPROTOCOL,
  MasqError,
  toHex,
  type Joined,
  type Joiner,
  type LocalSession,
  type NamespaceId,
} from "@masq/core";
import { GuardedCaller } from "./guarded-caller.ts";
import { aborted } from "./link-errors.ts";
import type { AppIdentity, Credentials, Platform } from "../platform/platform.ts";

const OPEN_TIMEOUT_MS = 3_000;

/** Shown to the person while the store's owner decides. */
export interface ConsentRequest {
  /** Six digits: the store shows the same ones if nothing is in between. */
  readonly code: string;
  /** When the store stops waiting. */
  readonly expires: Date;
}

export interface AttachOptions {
  readonly platform: Platform;
  readonly app: AppIdentity & { readonly name: string };
  readonly credentials: Credentials;
  readonly namespace: NamespaceId;
  /** Random id of this client instance. */
  readonly instance: Uint8Array;
  /** The addresses at which the store may be, tried in this order. */
  readonly urls: readonly string[];
  /** Undefined: never ask, reject with MASQ_GRANT_MISSING instead. */
  readonly onConsent: ((request: ConsentRequest) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long the store may leave calls without any answer before it is taken to hang. */
  readonly silenceMs: number;
  readonly handlers: {
    readonly event: (name: string, data: unknown) => void;
    readonly close: (code: number) => void;
    /** Calls are under way, and nothing was heard for so many milliseconds more. */
    readonly silent: (ms: number) => void;
  };
}

export interface Attachment {
  readonly caller: GuardedCaller;
  readonly session: LocalSession;
  readonly replica: string;
  /** Arrival number of the replica's newest commit. */
  readonly position: number;
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof MasqError ? error.code : undefined;

/** Rejects with the reason no connection could be made; nothing is left open then. */
export const attach = async (options: AttachOptions): Promise<Attachment> => {
  const { credentials, onConsent } = options;
  if (credentials.grant !== undefined) {
    try {
      return await attachGranted(options);
    } catch (error) {
      // The grant is for other namespaces: the owner is asked about this one.
      if (codeOf(error) !== "MASQ_GRANT_MISSING" || onConsent === undefined) throw error;
    }
  }
  return attachUnknown(options);
};

const attachGranted = async (options: AttachOptions): Promise<Attachment> => {
  const { credentials, app } = options;
  const grant = credentials.grant as NonNullable<Credentials["grant"]>;
  const joined = await join(options, {
    kind: "granted",
    identity: app.identity,
    keyId: grant.keyId,
    key: credentials.key,
    storeKey: grant.storeKey,
  });
  return hello(options, joined);
};

const attachUnknown = async (options: AttachOptions): Promise<Attachment> => {
  const { credentials, app, onConsent, platform, namespace } = options;
  if (onConsent === undefined) {
    throw new MasqError(
      "MASQ_GRANT_MISSING",
      "This app has no access to a store yet. Connect with onConsent to ask its owner.",
    );
  }
  // Whoever has a store already asks that one for more, whichever other answers on its ports.
  const known = credentials.grant?.storeKey;
  const joined = await join(
    options,
    { kind: "unknown", identity: app.identity, appId: app.appId, key: credentials.key },
    ({ storeKey }) => known === undefined || equalBytes(storeKey, known),
  );
  return hello(options, joined, async (caller) => {
    const asking = caller.callWithoutHurry("requestAccess", [app.name, [namespace]]);
    // Should the app's own function throw, nobody waits for the answer any more.
    asking.catch(() => {});
    onConsent({
      code: joined.code,
      expires: new Date(platform.host.clock.now() + ACCESS_TIMEOUT_MS),
    });
    const keyId = fields.asBytes(await asking, 16, "a key id");
    await credentials.saveGrant({ keyId, storeKey: joined.storeKey });
  });
};

/** Tries the ports in turn. A port where something else answers is passed over while others remain. */
const join = async (
  options: AttachOptions,
  joiner: Joiner,
  isTheOne: (joined: Joined) => boolean = () => true,
): Promise<Joined> => {
  const { platform, urls } = options;
  let failure: unknown;
  for (const candidate of urls) {
    try {
      if (options.signal?.aborted === true) throw aborted(options.signal);
      const socket = await platform.openSocket(candidate, {
        subprotocol: LOCAL_SUBPROTOCOL,
        timeoutMs: OPEN_TIMEOUT_MS,
      });
      const joined = await joinStore(platform.host, socket, joiner);
      if (isTheOne(joined)) return joined;
      joined.session.close(CLOSE_DONE);
      throw anotherStore();
    } catch (error) {
      // "Somebody else answers" says more than "nobody answers".
      if (failure === undefined || codeOf(error) !== "MASQ_STORE_ABSENT") failure = error;
    }
  }
  throw failure;
};

const hello = async (
  options: AttachOptions,
  { session }: Joined,
  beforehand: (caller: GuardedCaller) => Promise<void> = async () => {},
): Promise<Attachment> => {
  let wasRevoked = false;
  const caller = new GuardedCaller({
    session,
    clock: options.platform.host.clock,
    silenceMs: options.silenceMs,
    handlers: {
      ...options.handlers,
      event: (name, data) => {
        wasRevoked ||= name === "revoked";
        options.handlers.event(name, data);
      },
    },
  });
  // At once: an end that is told later would be taken for that of the next connection.
  const abandon = (): void => session.abandon(CLOSE_DONE);
  options.signal?.addEventListener("abort", abandon, { once: true });
  try {
    // Given up during the handshake.
    if (options.signal?.aborted === true) throw aborted(options.signal);
    await beforehand(caller);
    const answer = await caller.call("hello", [options.namespace, options.instance]);
    const [replica, position] = fields.asArray(answer, "a greeting");
    return {
      caller,
      session,
      replica: toHex(fields.asBytes(replica, 8, "a replica id")),
      position: fields.asUint(position, "a position"),
    };
  } catch (error) {
    abandon();
    if (options.signal?.aborted === true) throw aborted(options.signal);
    if (wasRevoked) throw revoked();
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", abandon);
  }
};

const anotherStore = (): MasqError =>
  new MasqError(
    "MASQ_STORE_MISMATCH",
    "What answers on the store's port is not the store this app was granted access by. It was asked for nothing.",
  );

export const revoked = (): MasqError =>
  new MasqError(
    "MASQ_GRANT_REVOKED",
    "The owner of the store withdrew this app's access. The data stay in the store. Ask for access again with connect.",
  );
