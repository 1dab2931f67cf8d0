/** The list of places the search looks through, as build/places.ts wrote it. */
import { fold } from "./fold.ts";

export interface Town {
  readonly name: string;
  /** The French name where it is another, else empty. */
  readonly french: string;
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
  /** 0 for capitals to 3 for the many. */
  readonly tier: number;
  /** All its names as they are compared. */
  readonly folded: readonly string[];
}

/** Coordinates are kept to a fiftieth of a degree, two kilometres: enough to find a town on a globe. */
export const PER_DEGREE = 50;
const LAST_TIER = 3;

const readCountry = (line: string): Town[] => {
  const [country = "", ...items] = line.split("|");
  let lat = 0;
  let lon = 0;
  return items.map((item) => {
    const [latStep = "", lonStep = "", ...rest] = item.split(",");
    lat += Number.parseInt(latStep, 36);
    lon += Number.parseInt(lonStep, 36);
    const [, tier = "", names = ""] = /^(\d?)(.*)$/.exec(rest.join(",")) ?? [];
    const [name = "", french = "", ...others] = names.split("=");
    return {
      name,
      french,
      country,
      lat: lat / PER_DEGREE,
      lon: lon / PER_DEGREE,
      tier: tier === "" ? LAST_TIER : Number(tier),
      folded: [name, french, ...others].filter((each) => each !== "").map(fold),
    };
  });
};

export const readGazetteer = (text: string): Town[] => text.split("\n").flatMap(readCountry);

export const nameOf = ({ name, french }: Town, language: string): string =>
  language === "fr" && french !== "" ? french : name;
