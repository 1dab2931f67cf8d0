/** What two devices say after their handshake, as CBOR (docs/pairing.md, "Messages"). */
import { encode } from "cborg";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { decodeOne } from "../bytes/cbor.ts";
import { MAX_OPERATIONS } from "../circle/device-log.ts";
import type { DeviceRole, OperationHash } from "../circle/operation.ts";
import type { SignedItem } from "../circle/signed-fields.ts";
import { HASH_BYTES } from "../crypto/primitives.ts";
import { isNamespaceId, type NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";

/** What a device says of itself, before anybody is asked. */
export interface Offer {
  readonly circle: OperationHash;
  /** How many devices are in its circle, itself included. */
  readonly members: number;
  /** Whether its log lists the other one, with the keys the handshake proved. */
  readonly lists: boolean;
  /** Whether it may add a device to its log. */
  readonly admits: boolean;
  /** What it is, and wants to be in the other's circle. */
  readonly role: DeviceRole;
  readonly scope: NamespaceId | undefined;
}

/** Why a device does not go on: its person said no, or nothing; it was told to stop; or it could not. */
export const REFUSALS = ["declined", "unanswered", "cancelled", "unable"] as const;
export type Refusal = (typeof REFUSALS)[number];

export type PairingMessage =
  | { readonly kind: "offer"; readonly offer: Offer }
  | { readonly kind: "agree" }
  | { readonly kind: "refuse"; readonly refusal: Refusal }
  | { readonly kind: "log"; readonly isLast: boolean; readonly items: readonly SignedItem[] }
  | { readonly kind: "done" };

/** Of a whole message; a device log goes in several. */
export const MAX_PAIRING_MESSAGE_BYTES: number = 256 * 1024;

const OFFER = 1;
const AGREE = 2;
const REFUSE = 3;
const LOG = 4;
const DONE = 5;

/** Roles that connect; their numbers are those of the device log. */
const CONNECTING_ROLES = ["store", "app"] as const satisfies readonly DeviceRole[];

const itemOf = (message: PairingMessage): unknown => {
  switch (message.kind) {
    case "offer": {
      const { circle, members, lists, admits, role, scope } = message.offer;
      const roleNumber = (CONNECTING_ROLES as readonly DeviceRole[]).indexOf(role);
      return [OFFER, fromHex(circle), members, lists, admits, roleNumber, scope ?? null];
    }
    case "agree":
      return [AGREE];
    case "refuse":
      return [REFUSE, REFUSALS.indexOf(message.refusal)];
    case "log":
      return [LOG, message.isLast, message.items];
    case "done":
      return [DONE];
  }
};

export const encodeMessage = (message: PairingMessage): Uint8Array => encode(itemOf(message));

/** For a message that is malformed, or not what should come now. */
export const outOfPlace = (cause?: unknown): MasqError =>
  new MasqError("MASQ_MESSAGE_INVALID", "A message of a pairing is malformed or out of place.", {
    cause,
  });

const readOffer = (fields: readonly unknown[]): Offer => {
  const [circle, members, lists, admits, roleNumber, scope] = fields;
  const role = typeof roleNumber === "number" ? CONNECTING_ROLES[roleNumber] : undefined;
  const isOffer =
    fields.length === 6 &&
    circle instanceof Uint8Array &&
    circle.length === HASH_BYTES &&
    typeof members === "number" &&
    Number.isInteger(members) &&
    members >= 1 &&
    members <= MAX_OPERATIONS &&
    typeof lists === "boolean" &&
    typeof admits === "boolean" &&
    role !== undefined &&
    (scope === null || (typeof scope === "string" && isNamespaceId(scope)));
  if (!isOffer) throw outOfPlace();
  return { circle: toHex(circle), members, lists, admits, role, scope: scope ?? undefined };
};

const isSignedItem = (item: unknown): item is SignedItem =>
  Array.isArray(item) && item.length === 2 && item.every((part) => part instanceof Uint8Array);

/** Throws MASQ_MESSAGE_INVALID. What signed items hold is for the log to say. */
export const decodeMessage = (bytes: Uint8Array): PairingMessage => {
  let item: unknown;
  try {
    item = decodeOne(bytes, {});
  } catch (cause) {
    throw outOfPlace(cause);
  }
  if (!Array.isArray(item)) throw outOfPlace();
  const [kind, ...fields] = item as unknown[];
  if (kind === OFFER) return { kind: "offer", offer: readOffer(fields) };
  if (kind === AGREE && fields.length === 0) return { kind: "agree" };
  if (kind === DONE && fields.length === 0) return { kind: "done" };
  const [first, items] = fields;
  if (kind === REFUSE && fields.length === 1) {
    const refusal = typeof first === "number" ? REFUSALS[first] : undefined;
    if (refusal !== undefined) return { kind: "refuse", refusal };
  }
  if (kind === LOG && fields.length === 2 && typeof first === "boolean") {
    const isLog = Array.isArray(items) && items.length > 0 && items.length <= MAX_OPERATIONS;
    if (isLog && items.every(isSignedItem)) return { kind: "log", isLast: first, items };
  }
  throw outOfPlace();
};

/** So much of a log goes in one message, and the operation that reaches it. */
const LOG_MESSAGE_BYTES: number = MAX_PAIRING_MESSAGE_BYTES / 2;

export const logMessages = (items: readonly SignedItem[]): PairingMessage[] => {
  const portions: SignedItem[][] = [[]];
  let bytes = 0;
  for (const item of items) {
    if (bytes >= LOG_MESSAGE_BYTES) {
      portions.push([]);
      bytes = 0;
    }
    portions.at(-1)?.push(item);
    bytes += item[0].length + item[1].length;
  }
  return portions.map((portion, index) => ({
    kind: "log",
    isLast: index === portions.length - 1,
    items: portion,
  }));
};
