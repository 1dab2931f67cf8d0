/** One request to the holder of the app's data, over a connection of its own: it may be in another tab. */
import { Caller, CLOSE_DONE, LocalSession, plainCipher } from "@masq/core";
import type { Seat } from "./seat.ts";

/** Rejects as the holder does, or MASQ_STORE_UNREACHABLE when it goes meanwhile. */
export const callHolder = async (
  seat: Seat,
  method: string,
  params: unknown,
  signal?: AbortSignal,
): Promise<unknown> => {
  const socket = await seat.connect(signal);
  const session = new LocalSession(socket, { send: plainCipher, receive: plainCipher });
  const caller = new Caller(session, { event: () => {}, close: () => {} });
  try {
    return await caller.call(method, params);
  } finally {
    caller.close(CLOSE_DONE);
  }
};
