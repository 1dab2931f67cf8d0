/** Numbers of the synchronisation protocol (docs/sync.md, "Limits"): both sides must agree on those of the first group. */
import { MAX_OPERATIONS } from "../circle/device-log.ts";
import { MAX_OPERATION_BYTES } from "../circle/operation.ts";
import { PAGE, type PageSize } from "../replica/row-pages.ts";

/** Protocol versions spoken here, lowest and highest. */
export const SYNC_VERSIONS: readonly [number, number] = [1, 1];

/** A whole batch and what travels with it. */
export const MAX_SYNC_MESSAGE_BYTES: number = 4 * 1024 * 1024 + 256 * 1024;

/** Messages with rows that may be under way in one namespace before the first of them is acknowledged. */
export const WINDOW = 4;

/** Replicas a namespace can have had, and thus entries of a vector: every device, and every time one began anew. */
export const MAX_REPLICAS = 1024;

/** Of them, those that one device announces as its own: it has one at a time, and another each time it began anew. */
export const MAX_OWN_REPLICAS = 64;

/** And those that one store vouches for: all replicas that the namespace has had in the other circle. */
export const MAX_VOUCHED_REPLICAS = 512;

/** Namespaces in one session. */
export const MAX_OFFERS = 1024;

/** A version's stamp: a context that names every replica fits. */
export const MAX_STAMP_BYTES: number = 32 * 1024;

/** What a device says of itself in `hello`. */
export const MAX_INFO_BYTES = 4096;

/** The device log: what one can hold is also what one device may send of it in a session. */
export const MAX_LOG_OPERATIONS: number = MAX_OPERATIONS;
export const MAX_LOG_OPERATION_BYTES: number = MAX_OPERATION_BYTES;

/** Messages that wait behind one that is being taken in: a whole log, and as much of anything else. */
export const MAX_WAITING_BYTES: number = 2 * MAX_LOG_OPERATIONS * MAX_LOG_OPERATION_BYTES;

/** How much is read and sent at a time: each side's own affair. */
export interface Portions {
  readonly page: PageSize;
  /** A message with rows ends after the commit that reaches this. */
  readonly messageBytes: number;
  /** Messages that leave at the same time go together up to this much: one record still holds it. */
  readonly bundleBytes: number;
}

export const PORTIONS: Portions = { page: PAGE, messageBytes: 128 * 1024, bundleBytes: 32 * 1024 };

/** Arrivals that brought nothing for the peer and after which it is told the position all the same; tunable. */
export const POSITION_INTERVAL = 256;

/** Repairs of one namespace in one session, begun by either side; tunable. */
export const MAX_REPAIRS = 8;
