/** What a call is told when it could not be carried out. */
import { codeOf, MasqError } from "@masq/core";

export const unreachable = (): MasqError =>
  new MasqError(
    "MASQ_STORE_UNREACHABLE",
    "What holds the data (a store, or another tab of this app) did not come back in time. Nothing was changed by this call; try again later.",
  );

export const outcomeUnknown = (): MasqError =>
  new MasqError(
    "MASQ_OUTCOME_UNKNOWN",
    "The connection went before an answer came: this write may or may not have been applied. It is not repeated by itself. Read the entry to find out.",
  );

export const aborted = (signal: AbortSignal | undefined): MasqError =>
  new MasqError("MASQ_ABORTED", "The call was given up by its caller.", { cause: signal?.reason });

/** Whether a call ended because its connection did, so that it is for the next one. */
export const isLost = (error: unknown): boolean => codeOf(error) === "MASQ_STORE_UNREACHABLE";
