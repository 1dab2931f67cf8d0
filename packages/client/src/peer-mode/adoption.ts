/**
 * How a store comes to have the data that an app holds itself: the app asks for access, invites the store into its circle
 * at the relay on the store's port, and goes over once the two hold the same (docs/architecture.md, "Adoption"). Nothing
 * but that relay is particular to it: pairing, channel and synchronisation are those of any two devices.
 */
import {
  ACCESS_TIMEOUT_MS,
  CLOSE_DONE,
  fields,
  MasqError,
  RELAY_TOKEN_BYTES,
  type ErrorCode,
  type NamespaceId,
} from "@masq/core";
import { syncServiceAddress, type RelayAccess } from "@masq/core/peer";
import { peerPlatform } from "#peer-platform";
import { platform } from "#platform";
import { callApp } from "../call-app.ts";
import type { StoreWayOptions } from "../connect.ts";
import type { Way } from "../connected.ts";
import { goOver, pause } from "../link/go-over.ts";
import type { Link } from "../link/link.ts";
import { aborted } from "../link/link-errors.ts";
import type { Ahead } from "../link/role.ts";
import type { Attachment } from "../link/source.ts";
import type { Credentials, StoreGrant } from "../platform/platform.ts";
import type { LoopbackWatch } from "../platform/peer-platform.ts";
import type { NoStoreReason, UseStoreOptions } from "../use-store.ts";
import { callHolder } from "./call-holder.ts";
import { readOwnDevices } from "./own-devices.ts";
import type { Seat } from "./seat.ts";

export type OpenStore = (credentials: Credentials, options: StoreWayOptions) => Way;
type Reason = Exclude<NoStoreReason, "revoked">;

/** How often it is looked whether the other devices know of the store. */
const LOOK_MS = 2_000;

export interface AdoptionOptions {
  readonly identity: NamespaceId;
  /** Node only: where the app's grant is. */
  readonly directory: string | undefined;
  readonly seat: Seat;
  readonly openStore: OpenStore;
  /** Whoever holds the data from now on meets the store at this relay. */
  readonly meetAt: (relay: RelayAccess) => void;
}

export class Adoption {
  readonly #options: AdoptionOptions;
  readonly #ended = new AbortController();

  constructor(options: AdoptionOptions) {
    this.#options = options;
  }

  end(): void {
    this.#ended.abort();
  }

  /** Calls `arrived` with the store at the moment the link is there; resolves with why it is not. */
  async give(
    link: Link,
    { onConsent, onProgress, signal: given }: Partial<UseStoreOptions>,
    arrived: (store: Way) => void,
  ): Promise<Reason | undefined> {
    // A client that is closed waits for nobody's consent.
    const signal = AbortSignal.any([this.#ended.signal, ...(given === undefined ? [] : [given])]);
    const { identity, directory, openStore, seat } = this.#options;
    const watch = await peerPlatform.watchLoopback();
    try {
      const kept = await platform.openCredentials(identity, directory);
      const way = openStore(unfinished(kept), {
        onConsent,
        openTimeoutMs: watch.mayAsk ? ACCESS_TIMEOUT_MS : undefined,
      });
      const attach = (isFirst: boolean): Promise<Ahead> =>
        link.attachAhead(way.source, isFirst, signal);
      const again = async (): Promise<Ahead> => {
        const ahead = await attach(false);
        await this.#join(ahead, signal);
        return ahead;
      };
      const first = await attach(true).catch((error: unknown) => {
        // The grant of an earlier attempt: its owner is asked anew.
        const isOld = codeOf(error) === "MASQ_GRANT_REVOKED" && onConsent !== undefined;
        if (isOld) return attach(true);
        throw error;
      });
      await this.#join(first, signal);
      await goOver(link, first, {
        clock: platform.host.clock,
        signal,
        onProgress: (distance) => callApp(() => onProgress?.(distance)),
        attachAgain: again,
      });
      arrived(way);
      // Where it cannot be kept, the app begins with its own data next time, and goes over again.
      await saveAdoption(kept, "untold").catch(() => {});
      // Whoever does not hear it finds the grant when it next connects.
      await callHolder(seat, "peer.adopted", null).catch(() => {});
      void this.#tellOthers(kept).catch(() => {});
      return undefined;
    } catch (error) {
      if (link.end !== undefined) throw link.end;
      if (signal.aborted) throw aborted(signal);
      const reason = await reasonOf(error, watch);
      if (reason === undefined) throw error;
      return reason;
    } finally {
      watch.end();
    }
  }

  /** Goes on telling the app's other devices of the store, which `link` is at; resolves when all know. */
  async tell(link: Link): Promise<void> {
    const { identity, directory } = this.#options;
    const { attachment } = link;
    if (attachment === undefined) return;
    await this.#meet(attachment);
    await this.#tellOthers(await platform.openCredentials(identity, directory));
  }

  async #tellOthers(credentials: Credentials): Promise<void> {
    const { seat } = this.#options;
    const { clock } = platform.host;
    const since = clock.now();
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const devices = readOwnDevices(await callHolder(seat, "peer.devices", null, signal));
      const isTold = devices.every(
        ({ lastSeen, verifiedSince }) =>
          verifiedSince !== undefined || (lastSeen !== undefined && lastSeen.getTime() >= since),
      );
      if (isTold) return saveAdoption(credentials, undefined);
      await pause(clock, LOOK_MS, signal);
    }
  }

  /** The store comes into the app's circle, if it is not there yet. */
  async #join({ attachment }: Ahead, signal: AbortSignal | undefined): Promise<void> {
    const { seat } = this.#options;
    const leave = (): void => attachment.session.close(CLOSE_DONE);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      const url = await this.#meet(attachment);
      const invitation = await callHolder(seat, "peer.inviteStore", url, signal);
      await attachment.caller.callWithoutHurry("join", invitation);
    } catch (error) {
      leave();
      throw error;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Whoever holds the data listens at the store's relay; its address. */
  async #meet({ caller, url: given = "" }: Attachment): Promise<string> {
    const answer = await caller.call("relay", null);
    const accessToken = fields.asBytes(answer, RELAY_TOKEN_BYTES, "an access token");
    const url = syncServiceAddress(given);
    if (url === undefined)
      throw new MasqError(
        "MASQ_OPTION_INVALID",
        "The store's address must begin with ws://127.0.0.1. Nothing was given to it.",
      );
    this.#options.meetAt({ url, accessToken });
    await callHolder(this.#options.seat, "peer.meet", [url, accessToken]);
    return url;
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof MasqError ? error.code : undefined;

/** A grant counts only once the data have gone over: until then the app goes on with them at each start. */
const unfinished = (credentials: Credentials): Credentials => ({
  key: credentials.key,
  get grant() {
    return credentials.grant;
  },
  saveGrant: (grant) =>
    credentials.saveGrant(grant === undefined ? grant : { ...grant, adoption: "unfinished" }),
});

const saveAdoption = async (
  credentials: Credentials,
  adoption: StoreGrant["adoption"],
): Promise<void> => {
  const { grant } = credentials;
  // Withdrawn in the meantime.
  if (grant === undefined) return;
  const { keyId, storeKey } = grant;
  await credentials.saveGrant({ keyId, storeKey, ...(adoption && { adoption }) });
};

const REASONS: ReadonlyMap<ErrorCode, Reason> = new Map([
  ["MASQ_ACCESS_REFUSED", "refused-by-user"],
  ["MASQ_ACCESS_EXPIRED", "unanswered"],
  ["MASQ_ACCESS_BUSY", "unanswered"],
  ["MASQ_STORE_MISMATCH", "wrong-store"],
  ["MASQ_STORE_ABSENT", "absent"],
  ["MASQ_STORE_UNREACHABLE", "absent"],
]);

/** Undefined for what is no reason to go on without a store, but an error. */
const reasonOf = async (error: unknown, watch: LoopbackWatch): Promise<Reason | undefined> => {
  if (!(error instanceof MasqError)) return undefined;
  const reason = REASONS.get(error.code);
  return reason === "absent" ? ((await watch.obstacle(error)) ?? reason) : reason;
};
