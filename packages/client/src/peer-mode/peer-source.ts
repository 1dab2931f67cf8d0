/** The data that the app holds itself, as a client reaches them: the local protocol without a store or a handshake. */
import { LocalSession, plainCipher, type ErrorCode, type Host, type NamespaceId } from "@masq/core";
import { greet, type Source } from "../link/source.ts";
import type { Seat } from "./seat.ts";

/** Nothing that passes by itself. */
const FINAL: readonly ErrorCode[] = ["MASQ_STORAGE_DAMAGED", "MASQ_STORAGE_NEWER"];

export interface PeerSourceOptions {
  readonly host: Host;
  readonly seat: Seat;
  readonly namespace: NamespaceId;
  /** Random id of the client instance. */
  readonly instance: Uint8Array;
}

export const peerSource = ({ host, seat, namespace, instance }: PeerSourceOptions): Source => ({
  async attach(request) {
    const socket = await seat.connect(request.signal);
    const session = new LocalSession(socket, { send: plainCipher, receive: plainCipher });
    return greet({ session, clock: host.clock, namespace, instance, request });
  },
  isFinal: ({ code }) => FINAL.includes(code),
  close: () => seat.close(),
});
