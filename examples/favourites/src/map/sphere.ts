/**
 * The globe's geometry: orthographic projection (Snyder, Map Projections, USGS 1395, section 20), north always up.
 * Pure. Angles in degrees, lengths in CSS pixels.
 */

export interface View {
  /** The point of the globe that faces the viewer. */
  readonly lat: number;
  readonly lon: number;
  /** 1 shows the whole globe. */
  readonly zoom: number;
}

/** The part of the screen that shows the globe, and where in it the globe's centre lies. */
export interface Stage {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  /** The globe's radius at zoom 1. */
  readonly radius: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Location {
  readonly lat: number;
  readonly lon: number;
}

/** A unit vector from the globe's centre. */
export type Vector = readonly [x: number, y: number, z: number];

export const MIN_ZOOM = 1;
/** The coastlines are true to about 3 km: nearer would show that. */
export const MAX_ZOOM = 48;
/** Beyond it a globe with north up spins wildly under the pointer. */
const MAX_LAT = 80;

const RADIANS = Math.PI / 180;

const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

/** Between -180 and 180. */
export const wrapLon = (lon: number): number => lon - 360 * Math.floor((lon + 180) / 360);

export const clampView = ({ lat, lon, zoom }: View): View => ({
  lat: clamp(lat, -MAX_LAT, MAX_LAT),
  lon: wrapLon(lon),
  zoom: clamp(zoom, MIN_ZOOM, MAX_ZOOM),
});

export const vectorOf = ({ lat, lon }: Location): Vector => {
  const [phi, lambda] = [lat * RADIANS, lon * RADIANS];
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
};

/** The axes of the screen on the globe: to the right, up, and towards the viewer. */
export interface Axes {
  readonly right: Vector;
  readonly up: Vector;
  readonly out: Vector;
}

export const axesOf = ({ lat, lon }: Location): Axes => {
  const [phi, lambda] = [lat * RADIANS, lon * RADIANS];
  const [sinPhi, cosPhi, sinLambda, cosLambda] = [
    Math.sin(phi),
    Math.cos(phi),
    Math.sin(lambda),
    Math.cos(lambda),
  ];
  return {
    right: [-sinLambda, cosLambda, 0],
    up: [-sinPhi * cosLambda, -sinPhi * sinLambda, cosPhi],
    out: [cosPhi * cosLambda, cosPhi * sinLambda, sinPhi],
  };
};

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Where a location is on the screen; undefined on the far side of the globe. */
export const project = (view: View, stage: Stage, location: Location): Point | undefined => {
  const axes = axesOf(view);
  const vector = vectorOf(location);
  if (dot(vector, axes.out) <= 0) return undefined;
  const radius = stage.radius * view.zoom;
  return {
    x: stage.x + radius * dot(vector, axes.right),
    y: stage.y - radius * dot(vector, axes.up),
  };
};

/** The location at a point of the screen; undefined beside the globe. */
export const unproject = (view: View, stage: Stage, { x, y }: Point): Location | undefined => {
  const radius = stage.radius * view.zoom;
  const [right, up] = [(x - stage.x) / radius, (stage.y - y) / radius];
  const squared = right * right + up * up;
  if (squared > 1) return undefined;
  const out = Math.sqrt(1 - squared);
  const axes = axesOf(view);
  const at = (index: 0 | 1 | 2): number =>
    right * axes.right[index] + up * axes.up[index] + out * axes.out[index];
  return {
    lat: Math.asin(clamp(at(2), -1, 1)) / RADIANS,
    lon: Math.atan2(at(1), at(0)) / RADIANS,
  };
};

/** The view after the globe was dragged by that many pixels. */
export const drag = (view: View, stage: Stage, dx: number, dy: number): View => {
  const perPixel = 1 / (stage.radius * view.zoom * RADIANS);
  // Near the poles a small step would be a large turn.
  const width = Math.max(Math.cos(view.lat * RADIANS), 0.25);
  return clampView({
    ...view,
    lat: view.lat + dy * perPixel,
    lon: view.lon - (dx * perPixel) / width,
  });
};

/** The view `factor` times as near; what lies under `point` stays there, as far as the limits allow. */
export const zoomAt = (view: View, stage: Stage, point: Point, factor: number): View => {
  const held = unproject(view, stage, point);
  let next = clampView({ ...view, zoom: view.zoom * factor });
  if (held === undefined) return next;
  // The globe turns about two axes at once: a few steps of correction come close enough.
  for (let step = 0; step < 4; step += 1) {
    const now = unproject(next, stage, point);
    if (now === undefined) return next;
    next = clampView({
      ...next,
      lat: next.lat + held.lat - now.lat,
      lon: next.lon + wrapLon(held.lon - now.lon),
    });
  }
  return next;
};

/** The angle between two locations, in degrees. */
export const angleBetween = (a: Location, b: Location): number =>
  Math.acos(clamp(dot(vectorOf(a), vectorOf(b)), -1, 1)) / RADIANS;

/**
 * A view on the way from one to another, `t` from 0 to 1. It rises in between, the higher the farther it goes, so that
 * one sees where the journey leads.
 */
export const between = (from: View, to: View, t: number): View => {
  const eased = t * t * (3 - 2 * t);
  const far = angleBetween(from, to);
  const near = Math.min(from.zoom, to.zoom);
  const rise = Math.min(Math.log(Math.max(near / 1.2, 1)), far / 25);
  const height = Math.sin(Math.PI * eased) * rise;
  const logZoom = Math.log(from.zoom) + (Math.log(to.zoom) - Math.log(from.zoom)) * eased;
  return clampView({
    lat: from.lat + (to.lat - from.lat) * eased,
    lon: from.lon + wrapLon(to.lon - from.lon) * eased,
    zoom: Math.exp(logZoom - height),
  });
};
