/**
 * How a client goes over from one copy of its data to another while it runs: it waits until both hold the same, lets no
 * call leave for that moment, and goes on at the other from the very position that stands for what it was told here. So
 * a watch misses nothing and is told nothing twice, and a write is applied on one of them.
 */
import { CLOSE_DONE, equalBytes, fields, toHex, type Clock } from "@masq/core";
import { abortable } from "./abortable.ts";
import type { Link } from "./link.ts";
import { aborted, isLost } from "./link-errors.ts";
import type { Ahead } from "./role.ts";
import type { Attachment } from "./source.ts";

/** How often the two are compared. */
const LOOK_MS = 100;
const CLOSE_LOOK_MS = 10;
/** Versions that are missing at most when calls begin to be held, and for how long they are. */
const NEAR = 256;
const HOLD_MS = 1_000;

/** Versions, about. */
export interface Distance {
  readonly toSend: number;
  readonly toReceive: number;
}

interface Standing {
  readonly position: number;
  readonly digest: Uint8Array;
  readonly counterByReplica: ReadonlyMap<string, number>;
}

export interface GoOverOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Makes the connection to the other data anew when it was lost. */
  readonly attachAgain: () => Promise<Ahead>;
  readonly onProgress: (distance: Distance) => void;
}

/** Resolves when the link is at the other data. Rejects with MASQ_ABORTED, the link's end, or as `attachAgain`; nothing has changed then. */
export const goOver = async (link: Link, first: Ahead, options: GoOverOptions): Promise<void> => {
  const { clock, signal, attachAgain, onProgress } = options;
  const isGivenUp = (): boolean => signal?.aborted === true;
  let ahead = first;
  try {
    for (;;) {
      if (isGivenUp()) throw aborted(signal);
      if (link.end !== undefined) throw link.end;
      if (ahead.attachment.session.isClosed) ahead = await attachAgain();
      const distance = await distanceTo(link, ahead);
      if (distance !== undefined) {
        onProgress(distance);
        const isNear = distance.toSend + distance.toReceive <= NEAR && !isGivenUp();
        if (isNear && (await tryNow(link, ahead, clock))) return;
      }
      await pause(clock, LOOK_MS, signal);
    }
  } catch (error) {
    ahead.attachment.session.close(CLOSE_DONE);
    throw error;
  }
};

/** Holds the calls for a moment; false if the two did not come to the same in it. */
const tryNow = async (link: Link, ahead: Ahead, clock: Clock): Promise<boolean> => {
  const deadline = clock.monotonic() + HOLD_MS;
  try {
    do {
      if (link.hold(true)) {
        const from = link.attachment;
        const [here, there] = await standings(from, ahead);
        // Nothing came on either connection while the other one was asked.
        const isStill =
          link.end === undefined &&
          link.attachment === from &&
          !ahead.attachment.session.isClosed &&
          link.hold(true);
        if (here !== undefined && there !== undefined && isStill) {
          if (isSame(here, there) && link.position <= here.position) {
            link.goOver(ahead, there.position);
            return true;
          }
        }
      }
      await pause(clock, CLOSE_LOOK_MS, undefined);
    } while (clock.monotonic() < deadline);
    return false;
  } finally {
    link.hold(false);
  }
};

/** Undefined while one of the two is away. */
const distanceTo = async (link: Link, ahead: Ahead): Promise<Distance | undefined> => {
  const [here, there] = await standings(link.attachment, ahead);
  if (here === undefined || there === undefined) return undefined;
  return { toSend: missing(there, here), toReceive: missing(here, there) };
};

const standings = (
  from: Attachment | undefined,
  { attachment }: Ahead,
): Promise<(Standing | undefined)[]> => Promise.all([from, attachment].map(standingOf));

const standingOf = async (attachment: Attachment | undefined): Promise<Standing | undefined> => {
  if (attachment === undefined) return undefined;
  try {
    return readStanding(await attachment.caller.call("standing", null));
  } catch (error) {
    if (isLost(error)) return undefined;
    throw error;
  }
};

const readStanding = (answer: unknown): Standing => {
  const [position, digest, vector] = fields.asArray(answer, "a standing");
  const items = fields.asArray(vector, "a version vector");
  const counterByReplica = new Map<string, number>();
  for (let at = 0; at + 1 < items.length; at += 2) {
    const replica = toHex(fields.asBytes(items[at], 8, "a replica id"));
    counterByReplica.set(replica, fields.asUint(items[at + 1], "a counter"));
  }
  return {
    position: fields.asUint(position, "a position"),
    digest: fields.asBytes(digest, 16, "a digest"),
    counterByReplica,
  };
};

/** How many versions `one` lacks of those that `other` has. */
const missing = (one: Standing, other: Standing): number => {
  let count = 0;
  for (const [replica, counter] of other.counterByReplica)
    count += Math.max(0, counter - (one.counterByReplica.get(replica) ?? 0));
  return count;
};

const isSame = (a: Standing, b: Standing): boolean =>
  missing(a, b) === 0 && missing(b, a) === 0 && equalBytes(a.digest, b.digest);

/** Rejects with MASQ_ABORTED. */
export const pause = (clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> =>
  abortable(signal, (resolve, reject, onAbort) => {
    const cancel = clock.setTimer(ms, () => resolve());
    onAbort(() => {
      cancel();
      reject(aborted(signal));
    });
  });
