/** What an app hands over is looked at here, at the door, so that a slip is told as one and not as what it leads to later. */
import { MasqError } from "@masq/core";
import type { ReadOptions } from "./options.ts";

/** A refusal, to be thrown. */
export const invalid = (what: string): MasqError =>
  new MasqError("MASQ_OPTION_INVALID", `${what}. Nothing was done.`);

/** For each type the names of the options that have it, apart by spaces. */
type Types = Readonly<
  Partial<Record<"string" | "number" | "boolean" | "function" | "object", string>>
>;

/** Throws MASQ_OPTION_INVALID for an option that is given and of another type; a signal is always looked at. */
export const checkOptions = (options: object & ReadOptions, types: Types = {}): void => {
  if (Object(options) !== options) throw invalid("Options have to be an object");
  for (const [type, names] of Object.entries(types)) {
    for (const name of names.split(" ")) {
      const value: unknown = options[name as keyof typeof options];
      if (value !== undefined && typeof value !== type)
        throw invalid(`The option ${name} has to be of type ${type}`);
    }
  }
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid("A signal has to be an AbortSignal");
};

/** Throws MASQ_OPTION_INVALID without the function of this name, by which the person is asked. */
export const checkAsking = (options: object, name: string): void => {
  checkOptions(options);
  if (typeof options[name as keyof typeof options] !== "function")
    throw invalid(`The function ${name} is needed`);
};
