/**
 * The coastlines and borders of the globe, made from Natural Earth (world-atlas, public domain) when the app is built:
 * simplified to what a screen shows, and written as bytes that compress well. src/map/world.ts reads them.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

type Point = readonly [lon: number, lat: number];

/** The parts of TopoJSON used here: shared lines once, shapes as lists of them; ~n means line n backwards. */
interface Topology {
  readonly transform: { readonly scale: Point; readonly translate: Point };
  readonly arcs: readonly (readonly Point[])[];
  readonly objects: { readonly countries: { readonly geometries: readonly Geometry[] } };
}

type Geometry =
  | { readonly type: "Polygon"; readonly arcs: readonly number[][] }
  | { readonly type: "MultiPolygon"; readonly arcs: readonly number[][][] };

/** A country as the labels need it. */
interface Town {
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
}

/** Lines keep within this of the original, in degrees. */
const TOLERANCE = 0.024;
/** Whole steps of a coordinate in a degree. */
const PER_DEGREE = 50;

/** Douglas and Peucker's algorithm. */
const simplify = (points: readonly Point[]): Point[] => {
  const kept = new Set([0, points.length - 1]);
  const visit = (first: number, last: number): void => {
    const [ax, ay] = points[first] as Point;
    const [bx, by] = points[last] as Point;
    const length = Math.hypot(bx - ax, by - ay);
    let farthest = first;
    let distance = TOLERANCE;
    for (let index = first + 1; index < last; index += 1) {
      const [x, y] = points[index] as Point;
      const away =
        length === 0
          ? Math.hypot(x - ax, y - ay)
          : Math.abs((x - ax) * (by - ay) - (y - ay) * (bx - ax)) / length;
      if (away > distance) [farthest, distance] = [index, away];
    }
    if (farthest === first) return;
    kept.add(farthest);
    visit(first, farthest);
    visit(farthest, last);
  };
  visit(0, points.length - 1);
  return points.filter((_, index) => kept.has(index));
};

const isInside = ([x, y]: Point, ring: readonly Point[]): boolean => {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi, yi] = ring[i] as Point;
    const [xj, yj] = ring[j] as Point;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
};

/** Shoelace formula, in square degrees. */
const area = (ring: readonly Point[]): number =>
  Math.abs(
    ring.reduce((sum, [x, y], index) => {
      const [nextX, nextY] = ring[(index + 1) % ring.length] as Point;
      return sum + x * nextY - nextX * y;
    }, 0) / 2,
  );

/** The code most towns within a shape have. Natural Earth's own codes are numbers, and some territories lack one. */
const countryOf = (rings: readonly (readonly Point[])[], towns: readonly Town[]): string => {
  const votes = new Map<string, number>();
  for (const ring of rings) {
    const lons = ring.map(([lon]) => lon);
    const lats = ring.map(([, lat]) => lat);
    const [west, east, south, north] = [
      Math.min(...lons),
      Math.max(...lons),
      Math.min(...lats),
      Math.max(...lats),
    ];
    for (const { country, lat, lon } of towns) {
      if (lon < west || lon > east || lat < south || lat > north) continue;
      if (isInside([lon, lat], ring)) votes.set(country, (votes.get(country) ?? 0) + 1);
    }
  }
  return [...votes].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "";
};

class Bytes {
  readonly #bytes: number[] = [];

  /** A whole number, small ones in one byte (LEB128 of its zigzag). */
  put(number: number): void {
    let rest = number < 0 ? -2 * number - 1 : 2 * number;
    while (rest > 127) {
      this.#bytes.push((rest & 127) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
  }

  text(text: string): void {
    for (const letter of text) this.put(letter.charCodeAt(0));
  }

  get all(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/**
 * `PER_DEGREE`, number of lines, then each: number of points, the points as steps of longitude and latitude. Number of
 * shapes, then each: two letters of its country or zeros, number of rings, then each: number of lines, the lines.
 */
export const worldBytes = (towns: readonly Town[]): Uint8Array => {
  const file = fileURLToPath(import.meta.resolve("world-atlas/countries-50m.json"));
  const topology = JSON.parse(readFileSync(file, "utf8")) as Topology;
  const { scale, translate } = topology.transform;
  const lines = topology.arcs.map((arc) => {
    let x = 0;
    let y = 0;
    const points = arc.map(([dx, dy]): Point => {
      x += dx;
      y += dy;
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
    return simplify(points);
  });
  const bytes = new Bytes();
  bytes.put(PER_DEGREE);
  bytes.put(lines.length);
  for (const line of lines) {
    bytes.put(line.length);
    let [lastX, lastY] = [0, 0];
    for (const [lon, lat] of line) {
      const [x, y] = [Math.round(lon * PER_DEGREE), Math.round(lat * PER_DEGREE)];
      bytes.put(x - lastX);
      bytes.put(y - lastY);
      [lastX, lastY] = [x, y];
    }
  }
  const points = (ring: readonly number[]): Point[] =>
    ring.flatMap((index) =>
      index < 0 ? (lines[~index] as Point[]).toReversed() : (lines[index] as Point[]),
    );
  const { geometries } = topology.objects.countries;
  bytes.put(geometries.length);
  for (const geometry of geometries) {
    const rings = geometry.type === "Polygon" ? geometry.arcs : geometry.arcs.flat();
    // The largest first: that is where a country's name belongs.
    const sorted = rings.toSorted((a, b) => area(points(b)) - area(points(a)));
    bytes.text(countryOf(sorted.slice(0, 3).map(points), towns).padEnd(2, "\0"));
    bytes.put(sorted.length);
    for (const ring of sorted) {
      bytes.put(ring.length);
      for (const index of ring) bytes.put(index);
    }
  }
  return bytes.all;
};
