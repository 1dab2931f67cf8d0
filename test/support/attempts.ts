/** Messages of synchronisation as a bad member makes them up. */
import { encodeValue, type NamespaceId, type ReplicaId } from "@masq/core";
import { EMPTY_CONTEXT } from "../../packages/core/src/data/causal-context.ts";
import { EMPTY_DIGEST } from "../../packages/core/src/data/digest.ts";
import { HLC_ZERO } from "../../packages/core/src/data/hlc.ts";
import { encodeStamp } from "../../packages/core/src/data/stamp.ts";
import type { Offer, Outgoing, Snapshot } from "../../packages/core/src/sync/messages.ts";
import type { Row } from "../../packages/core/src/storage.ts";
import type { BadMember, Talk } from "./bad-members.ts";

export const snapshot = (vector: Snapshot["vector"] = new Map()): Snapshot => ({
  vector,
  digest: EMPTY_DIGEST,
  isClean: true,
});
export const stamp = encodeStamp({ hlc: HLC_ZERO, index: 0, context: EMPTY_CONTEXT });
export const seeing = (replica: ReplicaId, counter: number): Uint8Array =>
  encodeStamp({ hlc: HLC_ZERO, index: 0, context: new Map([[replica, [[1, counter]]]]) });
export const resume = (number = 0): Outgoing => ({ type: "resume", number, progress: undefined });
export const entries = (
  number: number,
  rows: readonly Row[],
  vector?: Snapshot["vector"],
): Outgoing => ({
  type: "entries",
  number,
  reached: 1,
  remaining: 0,
  commits: [rows],
  caughtUp: vector && snapshot(vector),
});

/** A session in which the victim has offered the namespace, and what may be said in it. */
export interface Attempt {
  readonly member: BadMember;
  readonly talk: Talk;
  /** The victim's replica and counter in the namespace. */
  readonly victim: ReplicaId;
  readonly counter: number;
  readonly offer: (namespace: string, number?: number, more?: Partial<Offer>) => Offer;
  readonly row: (change?: Partial<Row>) => Row;
}

export const beginAttempt = async (member: BadMember, namespace: string): Promise<Attempt> => {
  const talk = await member.talk();
  const theirs = await talk.offered(namespace);
  return {
    member,
    talk,
    victim: theirs.replica,
    counter: theirs.snapshot.vector.get(theirs.replica) ?? 0,
    offer: (offered, number = 0, more = {}) => ({
      type: "offer",
      number,
      namespace: offered as NamespaceId,
      replica: member.replica,
      announcements: [member.announcement(offered)],
      snapshot: snapshot(),
      ...more,
    }),
    row: (change = {}) => ({
      key: "bad",
      replica: member.replica,
      counter: 1,
      arrival: 1,
      stamp,
      value: encodeValue("bad"),
      ...change,
    }),
  };
};
