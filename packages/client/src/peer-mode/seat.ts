/**
 * A client's way to the holder of its app's data, which may be in this very process or page, or in another tab. All
 * clients of one process that have the same data share a seat.
 */
import { MasqError, socketPair, type Socket } from "@masq/core";
import type { Holder } from "./holder.ts";

export interface Seat {
  /** A connection to the holder. Rejects with the reason there is none, MASQ_ABORTED for a signal. */
  connect(signal: AbortSignal | undefined): Promise<Socket>;
  /** Resolves when what was held here is closed. Idempotent. */
  close(): Promise<void>;
}

export const seatClosed = (): MasqError => new MasqError("MASQ_CLOSED", "This client was closed.");

/** The near end of a connection to a holder in this process. */
export const connectTo = (holder: Holder): Socket => {
  const [near, far] = socketPair();
  holder.accept(far);
  return near;
};

/** Where one process alone can have the data: whoever comes first holds them. */
export const ownSeat = (start: () => Promise<Holder>): Seat => {
  let holder: Promise<Holder> | undefined;
  let isClosed = false;
  return {
    async connect() {
      if (isClosed) throw seatClosed();
      if (holder === undefined) {
        holder = start();
        // The next one may find what is missing now.
        holder.catch(() => (holder = undefined));
      }
      return connectTo(await holder);
    },
    async close() {
      isClosed = true;
      const held = await holder?.catch(() => undefined);
      await held?.close();
    },
  };
};

interface SharedSeat {
  readonly seat: Promise<Seat>;
  users: number;
  closed: Promise<void> | undefined;
}

const sharedByPlace = new Map<string, SharedSeat>();

/** The seat at `place`, opened at its first use in this process and closed with the last. */
export const shareSeat = (place: string, open: () => Seat): Seat => {
  let shared = sharedByPlace.get(place);
  if (shared === undefined || shared.closed !== undefined) {
    // The former one may still have the storage open.
    const former = shared?.closed?.catch(() => {}) ?? Promise.resolve();
    shared = { seat: former.then(open), users: 0, closed: undefined };
    sharedByPlace.set(place, shared);
  }
  const own = shared;
  own.users += 1;
  let closing: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    own.users -= 1;
    if (own.users > 0) return;
    own.closed = own.seat.then((seat) => seat.close());
    await own.closed.finally(() => {
      if (sharedByPlace.get(place) === own) sharedByPlace.delete(place);
    });
  };
  return {
    async connect(signal) {
      if (closing !== undefined) throw seatClosed();
      return (await own.seat).connect(signal);
    },
    close: () => (closing ??= leave()),
  };
};
