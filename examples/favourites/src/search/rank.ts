/** Which places a few typed letters mean, best first. Pure. */
import { fold } from "./fold.ts";
import type { Town } from "./gazetteer.ts";

/** Smaller is better; undefined: no match. */
const distance = (name: string, wanted: string): number | undefined => {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  if (name.includes(` ${wanted}`)) return 2;
  return undefined;
};

/** A match at the beginning counts more than a town's size, but for a capital. */
const score = (town: Town, wanted: string): number | undefined => {
  let best: number | undefined;
  for (const name of town.folded) {
    const found = distance(name, wanted);
    if (found !== undefined && (best === undefined || found < best)) best = found;
  }
  return best === undefined ? undefined : best * 3 + town.tier * 2;
};

/**
 * The towns that `query` may mean. What follows a comma narrows the country: "paris, fr" or "paris, fran"; `countryName`
 * gives a country's name in the language of the page.
 */
export const search = (
  towns: readonly Town[],
  query: string,
  countryName: (code: string) => string,
  limit: number,
): Town[] => {
  const [first = "", second = ""] = query.split(",");
  const wanted = fold(first);
  const wantedCountry = fold(second);
  if (wanted === "") return [];
  const isWanted = (code: string): boolean =>
    wantedCountry === "" ||
    code.toLowerCase() === wantedCountry ||
    fold(countryName(code)).startsWith(wantedCountry);
  const found: { readonly town: Town; readonly score: number }[] = [];
  for (const town of towns) {
    const points = score(town, wanted);
    if (points !== undefined && isWanted(town.country)) found.push({ town, score: points });
  }
  return found
    .toSorted(
      (a, b) =>
        a.score - b.score ||
        a.town.name.length - b.town.name.length ||
        (a.town.name < b.town.name ? -1 : 1),
    )
    .slice(0, limit)
    .map(({ town }) => town);
};

/** The town nearest to a point within `withinDegrees`, for a name of what somebody pointed at. */
export const nearest = (
  towns: readonly Town[],
  lat: number,
  lon: number,
  withinDegrees: number,
): Town | undefined => {
  const width = Math.cos((lat * Math.PI) / 180);
  let best: Town | undefined;
  let least = withinDegrees;
  for (const town of towns) {
    const east = Math.abs(town.lon - lon);
    const away = Math.hypot(town.lat - lat, Math.min(east, 360 - east) * width);
    if (away < least) [best, least] = [town, away];
  }
  return best;
};
