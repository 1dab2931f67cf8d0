/** What is told of an error that nobody foresaw. Apart from errors.ts, as an app with a store tells nobody. */
import { MasqError } from "./errors.ts";

/** The error itself if it is ours, otherwise MASQ_INTERNAL around it: a defect, said as one. */
export const toMasqError = (error: unknown): MasqError =>
  error instanceof MasqError
    ? error
    : new MasqError(
        "MASQ_INTERNAL",
        "Masq met a defect of its own. Data already acknowledged are safe.",
        {
          cause: error,
        },
      );
