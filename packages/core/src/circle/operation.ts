/**
 * One operation of a device log: signed by the device that issues it, linked to those it knew by their hashes.
 * docs/circle.md, "Operations".
 */
import { encode } from "cborg";
import { compareBytes, concatBytes, fromHex, toHex } from "../bytes/bytes.ts";
import { OPERATION_HASH_LABEL, OPERATION_LABEL } from "../crypto/peer-labels.ts";
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { HASH_BYTES } from "../crypto/primitives.ts";
import { isNamespaceId, type DeviceId, type NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import { readSignedFields } from "./signed-fields.ts";
import { isDeviceName, readRecord, type DeviceRecord, type SignedRecord } from "./device-record.ts";

/** SHA-256 of an operation, hexadecimal. */
export type OperationHash = string;

/** What a device may be in a circle. A recovery key never connects. */
export const ROLES = ["store", "app", "recovery"] as const;
export type DeviceRole = (typeof ROLES)[number];

export type OperationBody =
  | {
      readonly kind: "add";
      readonly record: DeviceRecord;
      readonly role: DeviceRole;
      /** The only namespace the device may share; undefined: all. */
      readonly scope: NamespaceId | undefined;
    }
  | { readonly kind: "rename"; readonly device: DeviceId; readonly name: string }
  /** A newer record of the issuer. */
  | { readonly kind: "update"; readonly record: DeviceRecord };

/** The device an operation is about. */
export const deviceOf = (body: OperationBody): DeviceId =>
  body.kind === "rename" ? body.device : body.record.id;

export interface Operation {
  readonly hash: OperationHash;
  /** Hash of the circle's first operation; undefined for that one itself. */
  readonly circle: OperationHash | undefined;
  /** The operations nothing known to the issuer followed, sorted. */
  readonly parents: readonly OperationHash[];
  readonly issuer: DeviceId;
  /** The issuer's wall clock: a label, and a tie-break between names. */
  readonly wall: number;
  readonly body: OperationBody;
  /** As it travels and is kept. */
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

export const MAX_PARENTS = 64;
export const MAX_OPERATION_BYTES = 8192;

const FORMAT = 1;
const KIND_ADD = 1;
const KIND_RENAME = 2;
const KIND_UPDATE = 3;

const invalid = (what: string): never => {
  throw new MasqError(
    "MASQ_MESSAGE_INVALID",
    `An operation of a device log is malformed: ${what}.`,
  );
};

export interface Draft {
  readonly circle: OperationHash | undefined;
  readonly parents: readonly OperationHash[];
  readonly issuer: DeviceId;
  readonly wall: number;
  readonly body:
    | {
        readonly kind: "add";
        readonly record: SignedRecord;
        readonly role: DeviceRole;
        readonly scope: NamespaceId | undefined;
      }
    | { readonly kind: "rename"; readonly device: DeviceId; readonly name: string }
    | { readonly kind: "update"; readonly record: SignedRecord };
}

const bodyItem = (body: Draft["body"]): unknown => {
  switch (body.kind) {
    case "add":
      return [KIND_ADD, ...body.record, ROLES.indexOf(body.role), body.scope ?? null];
    case "rename":
      return [KIND_RENAME, fromHex(body.device), body.name];
    case "update":
      return [KIND_UPDATE, ...body.record];
  }
};

/** `[1, circle, [parent...], issuer, wall, body]` */
const encodeDraft = ({ circle, parents, issuer, wall, body }: Draft): Uint8Array =>
  encode([
    FORMAT,
    circle === undefined ? new Uint8Array(0) : fromHex(circle),
    parents.toSorted().map(fromHex),
    fromHex(issuer),
    wall,
    bodyItem(body),
  ]);

const hashOf = (crypto: PeerPrimitives, bytes: Uint8Array): OperationHash =>
  toHex(crypto.sha256(concatBytes(OPERATION_HASH_LABEL, bytes)));

/** Signs an operation with the issuer's identity seed. */
export const signOperation = (
  crypto: PeerPrimitives,
  seed: Uint8Array,
  draft: Draft,
): Operation => {
  const bytes = encodeDraft(draft);
  const signature = crypto.ed25519Sign(seed, concatBytes(OPERATION_LABEL, bytes));
  return readOperation(crypto, [bytes, signature]);
};

/** Whether `identityKey` made the operation. */
export const isSignedBy = (
  crypto: PeerPrimitives,
  operation: Operation,
  identityKey: Uint8Array,
): boolean =>
  crypto.ed25519Verify(
    identityKey,
    concatBytes(OPERATION_LABEL, operation.bytes),
    operation.signature,
  );

const hexOf = (field: unknown): string =>
  field instanceof Uint8Array && field.length === HASH_BYTES ? toHex(field) : invalid("a hash");

const readBody = (
  crypto: PeerPrimitives,
  item: unknown,
): { body: OperationBody; draft: Draft["body"] } => {
  const [kind, ...fields] = Array.isArray(item) ? (item as unknown[]) : [];
  if (kind === KIND_ADD && fields.length === 4) {
    const [bytes, signature, roleField, scopeField] = fields;
    const record = readRecord(crypto, [bytes, signature]);
    const role = typeof roleField === "number" ? ROLES[roleField] : undefined;
    const isScope =
      scopeField === null || (typeof scopeField === "string" && isNamespaceId(scopeField));
    if (role === undefined || !isScope) return invalid("a role or scope");
    const scope = scopeField === null ? undefined : (scopeField as NamespaceId);
    const signed: SignedRecord = [bytes as Uint8Array, signature as Uint8Array];
    return {
      body: { kind: "add", record, role, scope },
      draft: { kind: "add", record: signed, role, scope },
    };
  }
  if (kind === KIND_RENAME && fields.length === 2 && isDeviceName(fields[1])) {
    const body = { kind: "rename", device: hexOf(fields[0]) as DeviceId, name: fields[1] } as const;
    return { body, draft: body };
  }
  if (kind === KIND_UPDATE && fields.length === 2) {
    const [bytes, signature] = fields;
    const record = readRecord(crypto, [bytes, signature]);
    const signed: SignedRecord = [bytes as Uint8Array, signature as Uint8Array];
    return { body: { kind: "update", record }, draft: { kind: "update", record: signed } };
  }
  return invalid("its kind, which may be of a newer version");
};

/** Reads `[bytes, signature]`. Throws MASQ_MESSAGE_INVALID; whose signature it is, is for the log to say. */
export const readOperation = (crypto: PeerPrimitives, signed: unknown): Operation => {
  const { bytes, signature, fields } = readSignedFields(signed, {
    maxBytes: MAX_OPERATION_BYTES,
    format: FORMAT,
    count: 5,
    invalid,
  });
  const [circleField, parentFields, issuerField, wall, bodyField] = fields;
  if (!Array.isArray(parentFields) || parentFields.length > MAX_PARENTS)
    return invalid("its parents");
  if (typeof wall !== "number" || !Number.isSafeInteger(wall) || wall < 0)
    return invalid("its time");
  const isFirst = circleField instanceof Uint8Array && circleField.length === 0;
  const { body, draft } = readBody(crypto, bodyField);
  const head = {
    circle: isFirst ? undefined : hexOf(circleField),
    parents: parentFields.map(hexOf),
    issuer: hexOf(issuerField) as DeviceId,
    wall,
  };
  if (
    new Set(head.parents).size !== head.parents.length ||
    isFirst !== (head.parents.length === 0)
  ) {
    return invalid("its parents");
  }
  if (compareBytes(encodeDraft({ ...head, body: draft }), bytes) !== 0)
    return invalid("not its only form");
  return { hash: hashOf(crypto, bytes), ...head, body, bytes, signature };
};
