/** The coastlines, borders and countries of the globe, from the bytes build/world.ts wrote. */
import { vectorOf, type Vector } from "./sphere.ts";

/** Unit vectors, three numbers each, and a cap of the globe that holds them all. */
export interface Line {
  readonly points: Float32Array;
  readonly centre: Vector;
  /** The cap's size as the longest straight distance of a point from its centre, in radii of the globe. */
  readonly reach: number;
}

export interface Country {
  readonly code: string;
  /** The middle of its largest part, where its name goes. */
  readonly centre: Vector;
  /** How much room there is for the name, in radii of the globe. */
  readonly width: number;
}

export interface World {
  readonly land: readonly Line[];
  readonly coasts: readonly Line[];
  readonly borders: readonly Line[];
  readonly countries: readonly Country[];
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** LEB128 of a zigzag, as build/world.ts puts it. */
  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError("The map ends too early.");
      this.#at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) break;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  list<Item>(read: () => Item): Item[] {
    return Array.from({ length: this.number() }, read);
  }
}

/** Longitudes and latitudes in turn. */
type Flat = readonly number[];

const normalise = ([x, y, z]: Vector): Vector => {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
};

const lineOf = (flat: Flat): Line => {
  const points = new Float32Array((flat.length / 2) * 3);
  let sum: Vector = [0, 0, 0];
  for (let index = 0; index < flat.length; index += 2) {
    const vector = vectorOf({ lon: flat[index] as number, lat: flat[index + 1] as number });
    points.set(vector, (index / 2) * 3);
    sum = [sum[0] + vector[0], sum[1] + vector[1], sum[2] + vector[2]];
  }
  const centre = normalise(sum);
  let reach = 0;
  for (let index = 0; index < points.length; index += 3) {
    const away = Math.hypot(
      (points[index] as number) - centre[0],
      (points[index + 1] as number) - centre[1],
      (points[index + 2] as number) - centre[2],
    );
    if (away > reach) reach = away;
  }
  return { points, centre, reach };
};

/** Natural Earth cuts shapes open at the edge of flat maps. On a globe there is no such line. */
const isCut = (lon: number, lat: number): boolean => Math.abs(lon) > 179.95 || lat < -89.9;

const withoutCuts = (flat: Flat): Flat[] => {
  const parts: number[][] = [[]];
  for (let index = 0; index < flat.length; index += 2) {
    const [lon, lat] = [flat[index] as number, flat[index + 1] as number];
    if (!isCut(lon, lat)) (parts.at(-1) as number[]).push(lon, lat);
    else if ((parts.at(-1) as number[]).length > 0) parts.push([]);
  }
  return parts.filter((part) => part.length >= 4);
};

const reversed = (flat: Flat): Flat => {
  const result: number[] = [];
  for (let index = flat.length - 2; index >= 0; index -= 2)
    result.push(flat[index] as number, flat[index + 1] as number);
  return result;
};

/** Middle and width of a ring as on a flat map, weighed by area. */
const labelOf = (code: string, ring: Flat): Country => {
  let [area, lon, lat, west, east] = [0, 0, 0, 180, -180];
  for (let index = 0; index < ring.length; index += 2) {
    const [x, y] = [ring[index] as number, ring[index + 1] as number];
    const next = (index + 2) % ring.length;
    const [nextX, nextY] = [ring[next] as number, ring[next + 1] as number];
    const cross = x * nextY - nextX * y;
    area += cross;
    lon += (x + nextX) * cross;
    lat += (y + nextY) * cross;
    west = Math.min(west, x);
    east = Math.max(east, x);
  }
  const centre =
    area === 0
      ? { lon: west, lat: ring[1] as number }
      : { lon: lon / 3 / area, lat: lat / 3 / area };
  const width = (east - west) * (Math.PI / 180) * Math.cos((centre.lat * Math.PI) / 180);
  return { code, centre: vectorOf(centre), width };
};

/** Throws when the bytes are cut short. */
export const readWorld = (bytes: Uint8Array): World => {
  const reader = new Reader(bytes);
  const perDegree = reader.number();
  const lines = reader.list((): Flat => {
    let [x, y] = [0, 0];
    return reader
      .list(() => {
        x += reader.number();
        y += reader.number();
        return [x / perDegree, y / perDegree];
      })
      .flat();
  });
  const uses = new Uint8Array(lines.length);
  const land: Line[] = [];
  const countries: Country[] = [];
  const shapes = reader.number();
  for (let shape = 0; shape < shapes; shape += 1) {
    const code = String.fromCharCode(reader.number(), reader.number());
    const rings = reader.list(() =>
      reader
        .list(() => reader.number())
        .flatMap((index) => {
          const line = index < 0 ? ~index : index;
          uses[line] = (uses[line] as number) + 1;
          return index < 0 ? reversed(lines[line] as Flat) : (lines[line] as Flat);
        }),
    );
    land.push(...rings.map(lineOf));
    if (code !== "\0\0" && rings[0] !== undefined) countries.push(labelOf(code, rings[0]));
  }
  const used = (times: (count: number) => boolean): Line[] =>
    lines.flatMap((line, index) =>
      times(uses[index] as number) ? withoutCuts(line).map(lineOf) : [],
    );
  return {
    land,
    coasts: used((count) => count === 1),
    borders: used((count) => count > 1),
    countries,
  };
};
