/** The globe as a part of the page: what it shows, where it looks, and when it paints. */
import { paintNames, markAt, type Names, type Mark } from "./labels.ts";
import { paintGlobe, sceneOf, type Scene } from "./painter.ts";
import { readPalette, type Palette } from "./palette.ts";
import {
  angleBetween,
  between,
  clampView,
  type Location,
  type Point,
  type Stage,
  type View,
  unproject,
} from "./sphere.ts";
import type { World } from "./world.ts";

const GROWTH_MS = 450;
const MAX_PIXEL_RATIO = 2;
/** Between the globe and the edge of its canvas, in pixels. */
const MARGIN = 34;

export type GlobeNames = Omit<Names, "growth">;

const prefersStill = matchMedia("(prefers-reduced-motion: reduce)");

/** Past its size and back, as something that lands. */
const landing = (t: number): number => 1 + 2.2 * (t - 1) ** 3 + 1.2 * (t - 1) ** 2;

export class Globe {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #view: View;
  #stage: Stage = { width: 0, height: 0, x: 0, y: 0, radius: 1 };
  #palette: Palette = readPalette();
  #world: World | undefined;
  #names: GlobeNames;
  readonly #born = new Map<string, number>();
  #flight:
    | { readonly from: View; readonly to: View; readonly began: number; readonly ms: number }
    | undefined;
  #frame = 0;

  constructor(canvas: HTMLCanvasElement, view: View, names: GlobeNames) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#view = clampView(view);
    this.#names = names;
    new ResizeObserver(() => this.#measure()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
    void document.fonts.ready.then(() => this.#paintSoon());
  }

  get view(): View {
    return this.#view;
  }

  get stage(): Stage {
    return this.#stage;
  }

  set world(world: World) {
    this.#world = world;
    this.#paintSoon();
  }

  /** Marks that were not there before grow into place. */
  show(names: GlobeNames): void {
    const known = new Set(this.#names.marks.map(({ id }) => id));
    const now = performance.now();
    for (const { id } of names.marks)
      if (!known.has(id) && !prefersStill.matches) this.#born.set(id, now);
    this.#names = names;
    this.#paintSoon();
  }

  look(view: View): void {
    this.#flight = undefined;
    this.#view = clampView(view);
    this.#paintSoon();
  }

  /** Travels there, or is there at once for people who want no motion. */
  flyTo(location: Location, zoom: number): void {
    const to = clampView({ ...location, zoom });
    if (prefersStill.matches) return this.look(to);
    const ms = Math.min(1600, 500 + angleBetween(this.#view, to) * 12);
    this.#flight = { from: this.#view, to, began: performance.now(), ms };
    this.#paintSoon();
  }

  locate(point: Point): Location | undefined {
    return unproject(this.#view, this.#stage, point);
  }

  markAt(point: Point): Mark | undefined {
    return markAt(this.#scene(), this.#names.marks, point);
  }

  /** After colours changed. */
  repaint(): void {
    this.#palette = readPalette();
    this.#paintSoon();
  }

  #measure(): void {
    const { width, height } = this.#canvas.getBoundingClientRect();
    const ratio = Math.min(devicePixelRatio, MAX_PIXEL_RATIO);
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#stage = {
      width,
      height,
      x: width / 2,
      y: height / 2,
      radius: Math.max(Math.min(width, height) / 2 - MARGIN, 10),
    };
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    // At once: a canvas is blank after its size changed.
    this.#paint();
  }

  #scene(): Scene {
    return sceneOf(this.#context, this.#view, this.#stage, this.#palette);
  }

  #paintSoon(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint(): void {
    const now = performance.now();
    if (this.#flight !== undefined) {
      const { from, to, began, ms } = this.#flight;
      const t = Math.min(1, Math.max(0, (now - began) / ms));
      this.#view = between(from, to, t);
      if (t === 1) this.#flight = undefined;
    }
    const scene = this.#scene();
    this.#context.clearRect(0, 0, this.#stage.width, this.#stage.height);
    paintGlobe(scene, this.#world);
    paintNames(scene, this.#world, {
      ...this.#names,
      growth: (id) => {
        const t = (now - (this.#born.get(id) ?? -Infinity)) / GROWTH_MS;
        if (t >= 1) this.#born.delete(id);
        return t >= 1 ? 1 : landing(t);
      },
    });
    if (this.#flight !== undefined || this.#born.size > 0) this.#paintSoon();
  }
}
