/**
 * Where a client's data are, and the way there: a store of the person's (store-mode), or whoever of the app's own holds
 * them (peer-mode). All that follows the greeting is the same.
 */
import {
  CLOSE_DONE,
  fields,
  toHex,
  type Clock,
  type LocalSession,
  type MasqError,
  type NamespaceId,
} from "@masq/core";
import { GuardedCaller } from "./guarded-caller.ts";
import { aborted } from "./link-errors.ts";

export interface AttachRequest {
  /** The client's first connection: the person may be asked for what later ones take for granted. */
  readonly isFirst: boolean;
  readonly signal: AbortSignal | undefined;
  /** How long the other end may leave calls without any answer before it is taken to hang. */
  readonly silenceMs: number;
  readonly handlers: {
    readonly event: (name: string, data: unknown) => void;
    readonly close: (code: number) => void;
    /** Calls are under way, and nothing was heard for so many milliseconds more. */
    readonly silent: (ms: number) => void;
    /** There will never be another connection. */
    readonly ended: (reason: MasqError) => void;
  };
}

export interface Attachment {
  readonly caller: GuardedCaller;
  readonly session: LocalSession;
  readonly replica: string;
  /** Arrival number of the replica's newest commit. */
  readonly position: number;
  /** Where the store answered; undefined for what the app holds itself. */
  readonly url?: string;
}

export interface Source {
  /** Makes a connection that serves the namespace; rejects with the reason there is none, and nothing is left open then. */
  attach(request: AttachRequest): Promise<Attachment>;
  /** Whether after this failure it is of no use to try again; `awayMs`: how long there has been no connection. */
  isFinal(error: MasqError, awayMs: number): boolean;
  /** The client needs it no longer. */
  close(): Promise<void>;
}

export interface GreetingOptions {
  readonly session: LocalSession;
  readonly clock: Clock;
  readonly namespace: NamespaceId;
  /** Random id of this client instance. */
  readonly instance: Uint8Array;
  readonly request: AttachRequest;
  /** What must be settled before the namespace can be asked for. */
  readonly beforehand?: (caller: GuardedCaller) => Promise<void>;
}

/** The greeting on a new connection; closes it when that fails. */
export const greet = async (options: GreetingOptions): Promise<Attachment> => {
  const { session, clock, namespace, instance, request, beforehand } = options;
  const { signal, silenceMs, handlers } = request;
  const caller = new GuardedCaller({ session, clock, silenceMs, handlers });
  // At once: an end that is told later would be taken for that of the next connection.
  const abandon = (): void => session.abandon(CLOSE_DONE);
  signal?.addEventListener("abort", abandon, { once: true });
  try {
    // Given up during the handshake.
    if (signal?.aborted === true) throw aborted(signal);
    await beforehand?.(caller);
    const answer = await caller.call("hello", [namespace, instance]);
    const [replica, position] = fields.asArray(answer, "a greeting");
    return {
      caller,
      session,
      replica: toHex(fields.asBytes(replica, 8, "a replica id")),
      position: fields.asUint(position, "a position"),
    };
  } catch (error) {
    abandon();
    throw signal?.aborted === true ? aborted(signal) : error;
  } finally {
    signal?.removeEventListener("abort", abandon);
  }
};
