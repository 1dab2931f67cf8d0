/** What becomes of a place that was changed in two places at once. Pure. */
import { tidyTags, type Place } from "./place.ts";

/** What a person edits and may therefore have edited twice. Tags always merge: each stands for itself. */
export type Clash = "name" | "note";

const CLASHING: readonly Clash[] = ["name", "note"];

/** `mine` and `theirs` both began as `base`: a tag stays unless one of them took it away. */
const mergeTags = (
  base: readonly string[],
  mine: readonly string[],
  theirs: readonly string[],
): string[] =>
  tidyTags(
    [...mine, ...theirs].filter(
      (tag) => (mine.includes(tag) && theirs.includes(tag)) || !base.includes(tag),
    ),
  );

/**
 * Joins an edit with what came in meanwhile. Where both changed the same field differently there is no right answer:
 * the field is named in `clashes`, and a person has to choose.
 */
export const mergeEdits = (
  base: Place,
  mine: Place,
  theirs: Place,
): { readonly merged: Place; readonly clashes: readonly Clash[] } => {
  const clashes = CLASHING.filter(
    (field) =>
      mine[field] !== base[field] && theirs[field] !== base[field] && mine[field] !== theirs[field],
  );
  const pick = (field: Clash): string =>
    mine[field] === base[field] ? theirs[field] : mine[field];
  return {
    merged: {
      ...theirs,
      name: pick("name"),
      note: pick("note"),
      tags: mergeTags(base.tags, mine.tags, theirs.tags),
    },
    clashes,
  };
};

const distinct = (texts: readonly string[]): string[] => [
  ...new Set(texts.map((text) => text.trim()).filter((text) => text !== "")),
];

/** One place that keeps everything all versions say: all notes, all tags, the first name, the earliest date. */
export const combine = (versions: readonly [Place, ...Place[]]): Place => {
  const [first] = versions;
  return {
    ...first,
    note: distinct(versions.map(({ note }) => note)).join("\n\n"),
    tags: tidyTags(versions.flatMap(({ tags }) => tags)),
    saved: new Date(Math.min(...versions.map(({ saved }) => saved.getTime()))),
  };
};

/** Whether versions say the same to a person, so that nobody need be asked. */
export const isSameToPeople = (a: Place, b: Place): boolean =>
  a.name === b.name && a.note === b.note && a.tags.join() === b.tags.join();
