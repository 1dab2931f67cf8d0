import { MasqError } from "@masq/client";

/** The error's code as texts are chosen by it. */
export const codeOf = (error: unknown): string =>
  error instanceof MasqError ? error.code : "MASQ_INTERNAL";
