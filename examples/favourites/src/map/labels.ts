/** Names on the globe: favourites first, then countries, then towns, each only where there is room. */
import { nameOf, type Town } from "../search/gazetteer.ts";
import type { Scene } from "./painter.ts";
import { dot, vectorOf, type Point, type Vector } from "./sphere.ts";
import type { World } from "./world.ts";

export interface Mark {
  readonly id: string;
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  /** Saved, or only looked at. */
  readonly isSaved: boolean;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** From which zoom the towns of each tier have names. */
const TIER_ZOOM = [2.2, 4, 7, 14];
const MAX_TOWNS = 70;
/** Names near the limb would stand on a slope. */
const FACING = 0.25;
const MARK_RADIUS = 7;
const CHOSEN_RING = 15;

class Room {
  readonly #taken: Box[] = [];

  take(box: Box): boolean {
    const isFree = this.#taken.every(
      (other) =>
        box.right < other.left ||
        box.left > other.right ||
        box.bottom < other.top ||
        box.top > other.bottom,
    );
    if (isFree) this.#taken.push(box);
    return isFree;
  }
}

const vectors = new WeakMap<object, Vector>();

const vectorFor = (place: { readonly lat: number; readonly lon: number }): Vector => {
  let vector = vectors.get(place);
  if (vector === undefined) vectors.set(place, (vector = vectorOf(place)));
  return vector;
};

const placeOn = (
  { axes, stage, radius }: Scene,
  vector: Vector,
  facing: number,
): Point | undefined => {
  if (dot(vector, axes.out) < facing) return undefined;
  const x = stage.x + radius * dot(vector, axes.right);
  const y = stage.y - radius * dot(vector, axes.up);
  return x < -40 || y < -40 || x > stage.width + 40 || y > stage.height + 40 ? undefined : { x, y };
};

const write = (scene: Scene, text: string, x: number, y: number, colour: string): void => {
  const { context, palette } = scene;
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = palette.halo;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
};

const paintMarkNames = (
  scene: Scene,
  marks: readonly Mark[],
  chosen: string | undefined,
  room: Room,
): void => {
  const { context, palette } = scene;
  context.textAlign = "left";
  context.textBaseline = "middle";
  // The chosen one first: it has its name whatever happens.
  for (const mark of marks.toSorted((a) => (a.id === chosen ? -1 : 0))) {
    const at = placeOn(scene, vectorFor(mark), 0);
    if (at === undefined) continue;
    context.font = `${mark.id === chosen ? 600 : 500} 16px ${palette.serif}`;
    const width = context.measureText(mark.name).width;
    const beside = mark.id === chosen ? CHOSEN_RING + 4 : 13;
    const box = { left: at.x + 11, right: at.x + 15 + width, top: at.y - 20, bottom: at.y + 2 };
    if (room.take(box) || mark.id === chosen)
      write(scene, mark.name, at.x + beside, at.y - 9, palette.ink);
  }
};

const paintCountries = (
  scene: Scene,
  world: World,
  countryName: (code: string) => string,
  room: Room,
): void => {
  const { context, radius, palette } = scene;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const size = scene.view.zoom > 4 ? 14 : 11;
  context.font = `500 ${size}px ${palette.serif}`;
  context.letterSpacing = "0.16em";
  const byWidth = world.countries.filter(({ width }) => width * radius > 46);
  for (const country of byWidth.toSorted((a, b) => b.width - a.width)) {
    const at = placeOn(scene, country.centre, 0.35);
    if (at === undefined) continue;
    const text = countryName(country.code).toLocaleUpperCase();
    const half = context.measureText(text).width / 2;
    // Not beyond its borders by much; a name of another country would be mistaken for it.
    if (2 * half > country.width * radius * 1.1) continue;
    const box = { left: at.x - half - 6, right: at.x + half + 6, top: at.y - 9, bottom: at.y + 9 };
    if (room.take(box)) write(scene, text, at.x, at.y, palette.inkSoft);
  }
  context.letterSpacing = "0px";
};

const paintTowns = (scene: Scene, towns: readonly Town[], language: string, room: Room): void => {
  const { context, palette, view } = scene;
  const tiers = TIER_ZOOM.filter((zoom) => view.zoom >= zoom).length;
  context.textAlign = "left";
  context.textBaseline = "middle";
  let left = MAX_TOWNS;
  for (let tier = 0; tier < tiers; tier += 1) {
    context.font = `${tier < 2 ? "500 13px" : "12px"} ${palette.sans}`;
    for (const town of towns) {
      if (town.tier !== tier) continue;
      const at = placeOn(scene, vectorFor(town), FACING);
      if (at === undefined) continue;
      const text = nameOf(town, language);
      const width = context.measureText(text).width;
      const box = { left: at.x - 5, right: at.x + 12 + width, top: at.y - 9, bottom: at.y + 9 };
      if (!room.take(box)) continue;
      context.beginPath();
      context.arc(at.x, at.y, tier === 0 ? 2.6 : 1.9, 0, 2 * Math.PI);
      context.fillStyle = palette.inkSoft;
      context.fill();
      write(scene, text, at.x + 7, at.y, palette.inkSoft);
      left -= 1;
      if (left === 0) return;
    }
  }
};

/** A mark grows into its place: `growth` from 0 to 1, and a little beyond on the way. */
const paintMark = (scene: Scene, mark: Mark, isChosen: boolean, growth: number): void => {
  const at = placeOn(scene, vectorFor(mark), 0);
  if (at === undefined) return;
  const { context, palette } = scene;
  const size = MARK_RADIUS * (isChosen ? 1.3 : 1) * growth;
  if (isChosen) {
    context.beginPath();
    context.arc(at.x, at.y, CHOSEN_RING * growth, 0, 2 * Math.PI);
    context.strokeStyle = palette.mark;
    context.lineWidth = 1.5;
    context.stroke();
  }
  context.beginPath();
  context.arc(at.x, at.y, size, 0, 2 * Math.PI);
  context.fillStyle = mark.isSaved ? palette.mark : palette.markEdge;
  context.fill();
  context.strokeStyle = mark.isSaved ? palette.markEdge : palette.mark;
  context.lineWidth = 2.2;
  context.stroke();
};

/** The mark under a point of the screen, the nearest of several. */
export const markAt = (scene: Scene, marks: readonly Mark[], { x, y }: Point): Mark | undefined => {
  let best: Mark | undefined;
  let least = 18;
  for (const mark of marks) {
    const at = placeOn(scene, vectorFor(mark), 0);
    if (at === undefined) continue;
    const away = Math.hypot(at.x - x, at.y - y);
    if (away < least) [best, least] = [mark, away];
  }
  return best;
};

export interface Names {
  readonly marks: readonly Mark[];
  readonly chosen: string | undefined;
  readonly towns: readonly Town[];
  readonly language: string;
  readonly countryName: (code: string) => string;
  /** From 0 to 1, how far a mark has grown. */
  readonly growth: (id: string) => number;
}

export const paintNames = (scene: Scene, world: World | undefined, names: Names): void => {
  const room = new Room();
  for (const mark of names.marks) {
    const at = placeOn(scene, vectorFor(mark), 0);
    if (at !== undefined)
      room.take({ left: at.x - 8, right: at.x + 8, top: at.y - 8, bottom: at.y + 8 });
  }
  paintMarkNames(scene, names.marks, names.chosen, room);
  if (world !== undefined) paintCountries(scene, world, names.countryName, room);
  paintTowns(scene, names.towns, names.language, room);
  for (const mark of names.marks)
    paintMark(scene, mark, mark.id === names.chosen, names.growth(mark.id));
};
