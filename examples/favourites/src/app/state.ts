/** All the page shows, as one value; the views are functions of it. */
import type { Choice, Favourite } from "../masq/favourites.ts";
import type { Connection } from "../masq/connector.ts";
import { tagsOf, type Place, type Spot } from "../model/place.ts";
import type { Town } from "../search/gazetteer.ts";
import type { Speech } from "../text/language.ts";

/** A place in the form, as typed. */
export interface Draft {
  readonly name: string;
  readonly note: string;
  readonly tags: string;
}

export interface OpenPlace {
  readonly kind: "place";
  /** As it was when it was opened, or last saved: what an edit is an edit of. */
  readonly base: Favourite;
  readonly draft: Draft;
  readonly isSaving: boolean;
  readonly isNameMissing: boolean;
  /** Versions to choose from, and the joined one as typed. */
  readonly choice: (Choice & { readonly joined: Draft }) | undefined;
}

export type Panel =
  | { readonly kind: "list" }
  /** Something to save: looked up, or pointed at. */
  | {
      readonly kind: "spot";
      readonly spot: Spot;
      /** Of a town from the gazetteer, the same in every language; else the name that is typed gives it. */
      readonly id: string | undefined;
      readonly isPointed: boolean;
    }
  | OpenPlace;

export type Toast =
  | { readonly kind: "deleted"; readonly favourite: Favourite }
  | { readonly kind: "problem"; readonly code: string }
  /** The versions shown had been overtaken. */
  | { readonly kind: "moved" };

export interface Search {
  readonly query: string;
  readonly results: readonly Town[];
  /** The result the arrow keys are on. */
  readonly active: number;
  readonly isOpen: boolean;
}

export interface State {
  readonly speech: Speech;
  readonly connection: Connection;
  /** Whether all favourites have been read. */
  readonly isLoaded: boolean;
  readonly favourites: ReadonlyMap<string, Favourite>;
  /** Ids that just changed elsewhere. */
  readonly fresh: ReadonlySet<string>;
  readonly tag: string | undefined;
  readonly panel: Panel;
  readonly search: Search;
  readonly gazetteer: "closed" | "opening" | "failed" | readonly Town[];
  readonly isMapMissing: boolean;
  readonly areCreditsOpen: boolean;
  readonly toast: Toast | undefined;
  /** What was last told to people who listen to the page. */
  readonly said: string;
}

export const NO_SEARCH: Search = { query: "", results: [], active: 0, isOpen: false };

export const draftOf = ({ name, note, tags }: Place): Draft => ({
  name,
  note,
  tags: tags.join(", "),
});

/** The place as the form says. */
export const placeOf = (base: Place, { name, note, tags }: Draft): Place => ({
  ...base,
  name: name.trim(),
  note: note.trim(),
  tags: tagsOf(tags),
});

export const isEdited = ({ base, draft }: OpenPlace): boolean => {
  const now = placeOf(base.place, draft);
  return (
    now.name !== base.place.name ||
    now.note !== base.place.note ||
    now.tags.join() !== base.place.tags.join()
  );
};

/** What waits for a person first, then the newest. */
export const inOrder = (favourites: ReadonlyMap<string, Favourite>): Favourite[] =>
  [...favourites.values()].toSorted(
    (a, b) =>
      Number(b.conflict) - Number(a.conflict) ||
      b.place.saved.getTime() - a.place.saved.getTime() ||
      (a.id < b.id ? -1 : 1),
  );

export const allTags = (favourites: ReadonlyMap<string, Favourite>): string[] =>
  [...new Set([...favourites.values()].flatMap(({ place }) => place.tags))].toSorted((a, b) =>
    a.localeCompare(b),
  );

export const openFavourite = (favourite: Favourite): OpenPlace => ({
  kind: "place",
  base: favourite,
  draft: draftOf(favourite.place),
  isSaving: false,
  isNameMissing: false,
  choice: undefined,
});
