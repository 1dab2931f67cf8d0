/** What somebody else did, as the page says it to people who listen to it. */
import type { Change, Favourite } from "../masq/favourites.ts";
import type { Texts } from "../text/en.ts";

export const newsOf = (
  { favourite }: Change,
  before: Favourite | undefined,
  { said }: Texts,
): string => {
  const name = (favourite ?? before)?.place.name ?? "";
  if (favourite === undefined) return said.deleted(name);
  return before === undefined ? said.added(name) : said.changed(name);
};
