/** The name an app gives itself, fit to be shown: one short line without characters that could mislead. */

const MAX_NAME_LENGTH = 40;

/** Control, format (bidirectional overrides among them), surrogate and private characters, and line breaks. */
const MISLEADING = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

export const harmlessName = (name: string): string => {
  const shown = name
    .slice(0, 4 * MAX_NAME_LENGTH)
    .replaceAll(MISLEADING, "")
    .trim();
  return Array.from(shown).slice(0, MAX_NAME_LENGTH).join("");
};
