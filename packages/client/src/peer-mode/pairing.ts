/**
 * Pairing from an app that holds its data itself: a connection to the holder for each, which may be in another tab. What
 * goes over it is what a store's command line uses (docs/protocol.md, `peer.*`).
 */
import {
  Caller,
  fields,
  LocalSession,
  codeOf,
  MasqError,
  plainCipher,
  readError,
  type Clock,
  type NamespaceId,
} from "@masq/core";
import { appInvitation } from "@masq/core/peer";
import type { Device } from "../device-status.ts";
import { aborted } from "../link/link-errors.ts";
import type { Invitation, Pairing, PairingOptions } from "../pairing.ts";
import { readOwnDevice } from "./own-devices.ts";
import type { Seat } from "./seat.ts";

const OWN_LINK = "masq:pair#";
/** base64url alone: the code without a link around it. */
const BARE_CODE = /^[\w-]+$/;

const holderGone = (): MasqError =>
  new MasqError(
    "MASQ_CLOSED",
    "The tab that was pairing this device was closed. No data are lost. Pair again with a new link.",
  );

interface PairingCall {
  readonly method: "peer.invite" | "peer.join";
  readonly params: unknown;
}

export interface PeerPairingOptions {
  readonly clock: Clock;
  readonly seat: Seat;
  readonly namespace: NamespaceId;
  /** The app's own address, at which links open it. Default: its origin; a native app has none. */
  readonly appUrl: string | undefined;
}

export const peerPairing = ({ clock, seat, namespace, appUrl }: PeerPairingOptions): Pairing => {
  /** Begins a pairing; `done` rejects, too, when the connection to the holder goes. */
  const begin = async (
    { method, params }: PairingCall,
    { confirm, signal }: PairingOptions,
  ): Promise<{ answer: unknown; done: Promise<Device>; cancel: () => void }> => {
    const socket = await seat.connect(signal);
    const session = new LocalSession(socket, { send: plainCipher, receive: plainCipher });
    const { promise: done, resolve, reject } = Promise.withResolvers<Device>();
    done.catch(() => {});
    const cancel = (): void => {
      reject(new MasqError("MASQ_CLOSED", "The pairing was cancelled. No data are lost."));
      session.close(1000);
    };
    const abort = (): void => {
      reject(aborted(signal));
      session.close(1000);
    };
    signal?.addEventListener("abort", abort);
    const settled = (): void => {
      signal?.removeEventListener("abort", abort);
      session.close(1000);
    };
    done.then(settled, settled);

    const ask = async (event: Readonly<Record<string, unknown>>): Promise<void> => {
      const code = fields.optional(event["code"], fields.asText, "digits");
      const name = fields.asText(event["name"], "a name");
      let answer: unknown = false;
      try {
        answer = await confirm({
          name,
          role: event["role"] === "store" ? "store" : "app",
          isNameTaken: event["nameTaken"] === true,
          isOwnName: event["ownName"] === true,
          code,
          mustType: code === undefined,
        });
      } catch {
        // The app's own mistake is no consent.
      }
      await caller.call("peer.confirm", typeof answer === "string" ? answer : answer === true);
    };
    const heard = (data: unknown): void => {
      const event = fields.asRecord(data, "a pairing event");
      // Answered too late: what became of the pairing is told by itself.
      if (event["event"] === "confirm") return void ask(event).catch(() => {});
      if (event["event"] === "paired") return resolve(readOwnDevice(event["device"]));
      reject(readError(event["error"]));
    };
    const caller = new Caller(session, {
      event: (name, data) => {
        if (name === "pairing") heard(data);
      },
      close: () => reject(holderGone()),
    });
    try {
      return { answer: await caller.call(method, params), done, cancel };
    } catch (error) {
      reject(error);
      throw codeOf(error) === "MASQ_STORE_UNREACHABLE"
        ? await done.then(
            () => error,
            (reason: unknown) => reason,
          )
        : error;
    }
  };

  return {
    async invite(options): Promise<Invitation> {
      const begun = await begin({ method: "peer.invite", params: null }, options);
      const { done, cancel } = begun;
      const answer = fields.asRecord(begun.answer, "an invitation");
      const text = fields.asText(answer["link"], "a link");
      const link = appInvitation(text, namespace, appUrl);
      const expiresInMs = fields.asUint(answer["expiresInMs"], "a time");
      const { default: encodeQr } = await import("qr");
      return {
        link,
        qr: encodeQr(link, "svg", { optimize: true }),
        expires: new Date(clock.now() + expiresInMs),
        done,
        cancel,
      };
    },
    async accept(linkOrCode, options): Promise<Device> {
      const text = linkOrCode.trim();
      const link = BARE_CODE.test(text) ? `${OWN_LINK}${text}` : text;
      return (await begin({ method: "peer.join", params: link }, options)).done;
    },
  };
};
