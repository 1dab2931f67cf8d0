/** Names that other devices gave themselves: somebody else's text, which must not pass for ours. */

const MAX_LETTERS = 40;
/** Before cutting it letter by letter, which takes time. */
const MAX_UNITS = 1_000;
/** Controls, lone surrogates, and what turns the direction of writing or is not seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const SEGMENTER = new Intl.Segmenter();
const QUOTES = /["“”„«»‹›]/g;

/** One line of at most 40 letters as people see them; may be empty. */
export const plainName = (name: string): string => {
  const line = name
    .slice(0, MAX_UNITS)
    .replaceAll(UNSEEN, " ")
    .replaceAll(QUOTES, "'")
    .replaceAll(/\s+/g, " ")
    .trim();
  const letters = [...SEGMENTER.segment(line)].map(({ segment }) => segment);
  if (letters.length <= MAX_LETTERS) return line;
  return `${letters
    .slice(0, MAX_LETTERS - 1)
    .join("")
    .trim()}…`;
};
