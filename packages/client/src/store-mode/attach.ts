/**
 * From nothing to a connection that serves one namespace: find the store's port, run the handshake, ask for access
 * where there is none yet, say hello.
 */
import {
  ACCESS_TIMEOUT_MS,
  CLOSE_DONE,
  codeOf,
  equalBytes,
  fields,
  joinStore,
  LOCAL_SUBPROTOCOL,
  MasqError,
  storeMismatch,
  type Joined,
  type Joiner,
  type NamespaceId,
} from "@masq/core";
import type { GuardedCaller } from "../link/guarded-caller.ts";
import { aborted } from "../link/link-errors.ts";
import { greet, type AttachRequest, type Attachment, type Source } from "../link/source.ts";
import type { AppIdentity, Credentials, Platform } from "../platform/platform.ts";

/** For a store to answer; where the browser asks the person first, its question takes longer. */
export const OPEN_TIMEOUT_MS = 3_000;

/** Shown to the person while the store's owner decides. */
export interface ConsentRequest {
  /** Six digits: the store shows the same ones if nothing is in between. */
  readonly code: string;
  /** When the store stops waiting. */
  readonly expires: Date;
}

export interface StoreSourceOptions {
  readonly platform: Pick<Platform, "host" | "openSocket">;
  readonly app: AppIdentity & { readonly name: string };
  readonly credentials: Credentials;
  readonly namespace: NamespaceId;
  /** Random id of this client instance. */
  readonly instance: Uint8Array;
  /** The addresses at which the store may be, tried in this order. */
  readonly urls: readonly string[];
  /** Undefined: nobody is asked, only an app that was allowed when the store was started gets access. */
  readonly onConsent: ((request: ConsentRequest) => void) | undefined;
  readonly openTimeoutMs?: number | undefined;
  /** How long a store of another key at one of several addresses is passed over. */
  readonly patienceMs: number;
}

/** The person's store on this computer. */
export const storeSource = (options: StoreSourceOptions): Source => ({
  async attach(request) {
    const mayAsk = request.isFirst && options.onConsent !== undefined;
    if (options.credentials.grant !== undefined) {
      try {
        return await attachGranted(options, request);
      } catch (error) {
        // The grant is for other namespaces: the owner is asked about this one.
        if (codeOf(error) !== "MASQ_GRANT_MISSING" || !mayAsk) throw error;
      }
    }
    return attachUnknown(options, request);
  },
  isFinal({ code }, awayMs) {
    if (code === "MASQ_GRANT_REVOKED" || code === "MASQ_GRANT_MISSING") return true;
    if (code !== "MASQ_STORE_MISMATCH") return false;
    // Another store on one of several ports, as of another user of the computer, says nothing about our own: it may be
    // away for a moment and come back on the next port.
    return options.urls.length === 1 || awayMs >= options.patienceMs;
  },
  close: async () => {},
});

const attachGranted = async (
  options: StoreSourceOptions,
  request: AttachRequest,
): Promise<Attachment> => {
  const { credentials, app } = options;
  const grant = credentials.grant as NonNullable<Credentials["grant"]>;
  const joined = await join(options, request, {
    kind: "granted",
    identity: app.identity,
    keyId: grant.keyId,
    key: credentials.key,
    storeKey: grant.storeKey,
  });
  return hello(options, request, joined);
};

const attachUnknown = async (
  options: StoreSourceOptions,
  request: AttachRequest,
): Promise<Attachment> => {
  const { credentials, app, platform, namespace } = options;
  if (!request.isFirst) throw revoked();
  // Whoever has a store already asks that one for more, whichever other answers on its ports.
  const known = credentials.grant?.storeKey;
  const joined = await join(
    options,
    request,
    { kind: "unknown", identity: app.identity, appId: app.appId, key: credentials.key },
    ({ storeKey }) => known === undefined || equalBytes(storeKey, known),
  );
  return hello(options, request, joined, async (caller) => {
    const params = [app.name, [namespace], options.onConsent === undefined];
    const asking = caller.callWithoutHurry("requestAccess", params);
    // Should the app's own function throw, nobody waits for the answer any more.
    asking.catch(() => {});
    options.onConsent?.({
      code: joined.code,
      expires: new Date(platform.host.clock.now() + ACCESS_TIMEOUT_MS),
    });
    const keyId = fields.asBytes(await asking, 16, "a key id");
    await credentials.saveGrant({ keyId, storeKey: joined.storeKey });
  });
};

/** Tries the ports in turn. A port where something else answers is passed over while others remain. */
const join = async (
  { platform, urls, openTimeoutMs = OPEN_TIMEOUT_MS }: StoreSourceOptions,
  { signal }: AttachRequest,
  joiner: Joiner,
  isTheOne: (joined: Joined) => boolean = () => true,
): Promise<Joined & { readonly url: string }> => {
  let failure: unknown;
  for (const candidate of urls) {
    try {
      if (signal?.aborted === true) throw aborted(signal);
      const socket = await platform.openSocket(candidate, {
        subprotocol: LOCAL_SUBPROTOCOL,
        timeoutMs: openTimeoutMs,
      });
      const joined = await joinStore(platform.host, socket, joiner);
      if (isTheOne(joined)) return { ...joined, url: candidate };
      joined.session.close(CLOSE_DONE);
      throw storeMismatch();
    } catch (error) {
      // "Somebody else answers" says more than "nobody answers".
      if (failure === undefined || codeOf(error) !== "MASQ_STORE_ABSENT") failure = error;
    }
  }
  throw failure;
};

const hello = async (
  options: StoreSourceOptions,
  request: AttachRequest,
  { session, url }: Joined & { readonly url: string },
  beforehand?: (caller: GuardedCaller) => Promise<void>,
): Promise<Attachment> => {
  let isRevoked = false;
  const event = (name: string, data: unknown): void => {
    if (name !== "revoked") return request.handlers.event(name, data);
    isRevoked = true;
    options.credentials.saveGrant(undefined).catch(() => {});
    request.handlers.ended(revoked());
  };
  try {
    const attachment = await greet({
      session,
      clock: options.platform.host.clock,
      namespace: options.namespace,
      instance: options.instance,
      request: { ...request, handlers: { ...request.handlers, event } },
      ...(beforehand && { beforehand }),
    });
    return { ...attachment, url };
  } catch (error) {
    throw isRevoked ? revoked() : error;
  }
};

const revoked = (): MasqError =>
  new MasqError(
    "MASQ_GRANT_REVOKED",
    "The owner of the store withdrew this app's access. The data stay in the store. Ask for access again with connect.",
  );
