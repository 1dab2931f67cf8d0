/** Reads the fields of a received message; each refuses what is not of its kind with MASQ_MESSAGE_INVALID. */
import { MasqError } from "../errors.ts";

const wrong = (what: string): never => {
  throw new MasqError(
    "MASQ_MESSAGE_INVALID",
    `The request is malformed: expected ${what}. Nothing was done.`,
  );
};

export const asArray = (field: unknown, what: string): readonly unknown[] =>
  Array.isArray(field) ? field : wrong(what);

export const asText = (field: unknown, what: string): string =>
  typeof field === "string" ? field : wrong(what);

export const asBytes = (field: unknown, length: number, what: string): Uint8Array =>
  field instanceof Uint8Array && field.length === length ? field : wrong(what);

export const asUint = (field: unknown, what: string): number =>
  typeof field === "number" && Number.isSafeInteger(field) && field >= 0 ? field : wrong(what);

export const asFlag = (field: unknown, what: string): boolean =>
  typeof field === "boolean" ? field : wrong(what);

/** A map with text keys. */
export const asRecord = (field: unknown, what: string): Readonly<Record<string, unknown>> =>
  typeof field === "object" &&
  field !== null &&
  !Array.isArray(field) &&
  !(field instanceof Uint8Array)
    ? (field as Record<string, unknown>)
    : wrong(what);

/** Null and a missing field are the same. */
export const optional = <Field>(
  field: unknown,
  read: (field: unknown, what: string) => Field,
  what: string,
): Field | undefined => (field === undefined || field === null ? undefined : read(field, what));
