/** What an error's code means to a person. The texts of MasqClient's errors are for developers, and in English. */
import type { Texts } from "./en.ts";

export const problemText = (code: string, { problem }: Texts): string => {
  const { other, ...known } = problem;
  const texts: Readonly<Record<string, string>> = known;
  return texts[code] ?? other(code);
};
