/** Draws land, sea and graticule on a canvas: one pass over the lines in sight, no more than a few milliseconds. */
import type { Palette } from "./palette.ts";
import { axesOf, dot, vectorOf, type Axes, type Stage, type View } from "./sphere.ts";
import type { Line, World } from "./world.ts";

/** Points nearer than this to the last one drawn are left out, in pixels: nobody would see them. */
const FINEST = 1;
/** The same for the light along the coasts, which is too broad to show more. */
const SHALLOWS_FINEST = 4;
const GRATICULE_STEPS = [30, 15, 10, 5, 2, 1];
/** Lines of the graticule are at least this far apart, in pixels. */
const GRATICULE_GAP = 90;

export interface Scene {
  readonly context: CanvasRenderingContext2D;
  readonly view: View;
  readonly stage: Stage;
  readonly axes: Axes;
  readonly radius: number;
  readonly palette: Palette;
}

export const sceneOf = (
  context: CanvasRenderingContext2D,
  view: View,
  stage: Stage,
  palette: Palette,
): Scene => ({
  context,
  view,
  stage,
  axes: axesOf(view),
  radius: stage.radius * view.zoom,
  palette,
});

/** Whether any of it may be on this side of the globe, on the screen, and larger than a dot. */
const isInSight = (
  { stage, axes, radius }: Scene,
  { centre, reach }: Line,
  finest: number,
): boolean => {
  if (reach * radius < finest) return false;
  // A cap of straight reach r begins to show when its centre is less than r behind the limb.
  if (dot(centre, axes.out) < -reach) return false;
  const [x, y] = [
    stage.x + radius * dot(centre, axes.right),
    stage.y - radius * dot(centre, axes.up),
  ];
  const margin = reach * radius + 20;
  return x > -margin && x < stage.width + margin && y > -margin && y < stage.height + margin;
};

/**
 * Adds a line to the path. What lies behind the globe is moved to its limb if the line is the edge of an area, so that
 * the area ends there; else it is left out.
 */
const trace = (scene: Scene, { points }: Line, isArea: boolean, finest = FINEST): void => {
  const { context, stage, radius } = scene;
  const { right, up, out } = scene.axes;
  let [lastX, lastY] = [Infinity, Infinity];
  let isDown = false;
  for (let index = 0; index < points.length; index += 3) {
    const [a, b, c] = [
      points[index] as number,
      points[index + 1] as number,
      points[index + 2] as number,
    ];
    let x = a * right[0] + b * right[1] + c * right[2];
    let y = a * up[0] + b * up[1] + c * up[2];
    if (a * out[0] + b * out[1] + c * out[2] < 0) {
      if (!isArea) {
        isDown = false;
        continue;
      }
      const length = Math.hypot(x, y) || 1;
      x /= length;
      y /= length;
    }
    x = stage.x + radius * x;
    y = stage.y - radius * y;
    if (isDown && Math.abs(x - lastX) + Math.abs(y - lastY) < finest && index < points.length - 3)
      continue;
    if (isDown) context.lineTo(x, y);
    else context.moveTo(x, y);
    isDown = true;
    [lastX, lastY] = [x, y];
  }
  if (isArea) context.closePath();
};

/** An area that lies wholly behind the globe would run along the limb: such are left out. */
const isFacing = ({ axes }: Scene, { points }: Line): boolean => {
  const { out } = axes;
  for (let index = 0; index < points.length; index += 3) {
    const depth =
      (points[index] as number) * out[0] +
      (points[index + 1] as number) * out[1] +
      (points[index + 2] as number) * out[2];
    if (depth > 0) return true;
  }
  return false;
};

const pathOf = (scene: Scene, lines: readonly Line[], isArea: boolean, finest = FINEST): void => {
  scene.context.beginPath();
  for (const line of lines) {
    if (isInSight(scene, line, finest) && (!isArea || isFacing(scene, line)))
      trace(scene, line, isArea, finest);
  }
};

const disc = ({ context, stage, radius }: Scene): void => {
  context.beginPath();
  context.arc(stage.x, stage.y, radius, 0, 2 * Math.PI);
};

const paintSea = (scene: Scene): void => {
  const { context, stage, radius, palette } = scene;
  const light = context.createRadialGradient(
    stage.x - radius * 0.3,
    stage.y - radius * 0.35,
    radius * 0.1,
    stage.x,
    stage.y,
    radius,
  );
  light.addColorStop(0, palette.sea);
  light.addColorStop(0.75, palette.sea);
  light.addColorStop(1, palette.seaDeep);
  disc(scene);
  context.fillStyle = light;
  context.fill();
};

/** Lines of equal latitude and longitude, the finer the nearer. */
const paintGraticule = (scene: Scene): void => {
  const { context, radius, palette, view } = scene;
  const perDegree = (radius * Math.PI) / 180;
  const step = GRATICULE_STEPS.findLast((degrees) => degrees * perDegree >= GRATICULE_GAP) ?? 30;
  const fine = Math.min(step / 4, 2);
  // What can be seen at most: the nearer, the fewer degrees.
  const span = Math.min(90, ((Math.asin(Math.min(1, 1 / view.zoom)) * 180) / Math.PI) * 2 + step);
  const width = Math.min(180, span / Math.max(Math.cos((view.lat * Math.PI) / 180), 0.15));
  const from = (value: number): number => Math.floor(value / step) * step;
  const run = (count: number, at: (index: number) => { lat: number; lon: number }): void => {
    const points = new Float32Array(count * 3);
    for (let index = 0; index < count; index += 1) points.set(vectorOf(at(index)), index * 3);
    trace(scene, { points, centre: [0, 0, 0], reach: 2 }, false);
  };
  context.beginPath();
  const [south, north] = [Math.max(-90, view.lat - span), Math.min(90, view.lat + span)];
  for (let lon = from(view.lon - width); lon <= view.lon + width; lon += step) {
    // Meridians end before the poles, where they would run into a blot.
    const [low, high] = [Math.max(south, -85), Math.min(north, 85)];
    const count = Math.max(2, Math.ceil((high - low) / fine) + 1);
    run(count, (index) => ({ lon, lat: Math.min(high, low + index * fine) }));
  }
  for (let lat = Math.max(from(south), -90 + step); lat <= north && lat < 90; lat += step) {
    const count = Math.max(2, Math.ceil((2 * width) / fine) + 1);
    run(count, (index) => ({ lat, lon: view.lon - width + index * fine }));
  }
  context.strokeStyle = palette.graticule;
  context.lineWidth = 0.7;
  context.stroke();
};

/** As engravers drew water: the sea is lighter along the coasts. */
const paintShallows = (scene: Scene): void => {
  const { context, palette } = scene;
  context.strokeStyle = palette.shallows;
  context.lineJoin = "round";
  for (const width of [11, 5.5]) {
    context.lineWidth = width;
    context.stroke();
  }
};

export const paintGlobe = (scene: Scene, world: World | undefined): void => {
  const { context, palette, view } = scene;
  paintSea(scene);
  paintGraticule(scene);
  context.save();
  disc(scene);
  context.clip();
  if (world !== undefined) {
    pathOf(scene, world.coasts, false, SHALLOWS_FINEST);
    paintShallows(scene);
    pathOf(scene, world.land, true);
    context.fillStyle = palette.land;
    context.fill("nonzero");
    pathOf(scene, world.borders, false);
    context.strokeStyle = palette.border;
    context.lineWidth = view.zoom > 3 ? 1 : 0.6;
    context.stroke();
    pathOf(scene, world.coasts, false);
    context.strokeStyle = palette.coast;
    context.lineWidth = view.zoom > 3 ? 1.1 : 0.7;
    context.stroke();
  }
  context.restore();
  disc(scene);
  context.strokeStyle = palette.coast;
  context.lineWidth = 1.2;
  context.stroke();
  context.beginPath();
  context.arc(scene.stage.x, scene.stage.y, scene.radius + 6, 0, 2 * Math.PI);
  context.strokeStyle = palette.graticule;
  context.lineWidth = 0.8;
  context.stroke();
};
