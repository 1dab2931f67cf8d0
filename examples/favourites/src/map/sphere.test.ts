import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  angleBetween,
  between,
  clampView,
  drag,
  MAX_ZOOM,
  project,
  unproject,
  wrapLon,
  zoomAt,
  type Stage,
} from "./sphere.ts";

const stage: Stage = { width: 800, height: 600, x: 400, y: 300, radius: 270 };
const location = fc.record({
  lat: fc.double({ min: -89, max: 89, noNaN: true }),
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
});
const view = fc
  .record({
    lat: fc.double({ min: -75, max: 75, noNaN: true }),
    lon: fc.double({ min: -180, max: 180, noNaN: true }),
    zoom: fc.double({ min: 1, max: MAX_ZOOM, noNaN: true }),
  })
  .map(clampView);

describe("the projection", () => {
  it("is undone by its inverse, on this side of the globe", () => {
    fc.assert(
      fc.property(view, location, (from, place) => {
        const point = project(from, stage, place);
        // Near the limb a pixel holds many degrees.
        fc.pre(point !== undefined && angleBetween(from, place) < 85);
        const back = unproject(from, stage, point);
        expect(back && angleBetween(back, place)).toBeLessThan(1e-4);
      }),
    );
  });

  it("shows the view's own location in the middle, and hides what is opposite", () => {
    fc.assert(
      fc.property(view, (from) => {
        const middle = project(from, stage, from);
        expect(middle?.x).toBeCloseTo(stage.x, 6);
        expect(middle?.y).toBeCloseTo(stage.y, 6);
        expect(project(from, stage, { lat: -from.lat, lon: from.lon + 180 })).toBeUndefined();
      }),
    );
  });

  it("knows nothing beside the globe", () => {
    expect(unproject({ lat: 0, lon: 0, zoom: 1 }, stage, { x: 0, y: 0 })).toBeUndefined();
  });

  it("has north up and east to the right", () => {
    const at = { lat: 40, lon: 10, zoom: 3 };
    expect(project(at, stage, { lat: 41, lon: 10 })?.y).toBeLessThan(stage.y);
    expect(project(at, stage, { lat: 40, lon: 11 })?.x).toBeGreaterThan(stage.x);
  });
});

describe("moving about", () => {
  it("keeps what is under the pointer when it zooms", () => {
    fc.assert(
      fc.property(
        view,
        fc.double({ min: -0.4, max: 0.4, noNaN: true }),
        fc.double({ min: -0.4, max: 0.4, noNaN: true }),
        fc.double({ min: 1.05, max: 2, noNaN: true }),
        (from, dx, dy, factor) => {
          const point = { x: stage.x + dx * stage.radius, y: stage.y + dy * stage.radius };
          const held = unproject(from, stage, point);
          fc.pre(held !== undefined && Math.abs(held.lat) < 60 && Math.abs(from.lat) < 60);
          const next = zoomAt(from, stage, point, factor);
          const now = project(next, stage, held);
          expect(now).toBeDefined();
          expect(Math.hypot((now?.x ?? 0) - point.x, (now?.y ?? 0) - point.y)).toBeLessThan(2);
        },
      ),
    );
  });

  it("follows the pointer when it drags", () => {
    const from = { lat: 20, lon: 30, zoom: 8 };
    const next = drag(from, stage, 40, -25);
    const moved = project(next, stage, from);
    expect(moved?.x).toBeCloseTo(stage.x + 40, 0);
    expect(moved?.y).toBeCloseTo(stage.y - 25, 0);
  });

  it("stays within its limits, whatever is asked", () => {
    const any = fc.double({ min: -1e4, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(any, any, any, (lat, lon, zoom) => {
        const limited = clampView({ lat, lon, zoom });
        expect(Math.abs(limited.lat)).toBeLessThanOrEqual(80);
        expect(Math.abs(limited.lon)).toBeLessThanOrEqual(180);
        expect(limited.zoom).toBeGreaterThanOrEqual(1);
        expect(limited.zoom).toBeLessThanOrEqual(MAX_ZOOM);
        expect(Math.cos((wrapLon(lon) * Math.PI) / 180)).toBeCloseTo(
          Math.cos((lon * Math.PI) / 180),
          6,
        );
      }),
    );
  });

  it("begins a journey where it is, ends it where it goes, and takes the short way round", () => {
    fc.assert(
      fc.property(view, view, (from, to) => {
        expect(angleBetween(between(from, to, 0), from)).toBeLessThan(1e-4);
        expect(angleBetween(between(from, to, 1), to)).toBeLessThan(1e-4);
        expect(between(from, to, 1).zoom).toBeCloseTo(to.zoom, 6);
      }),
    );
    const half = between({ lat: 0, lon: 170, zoom: 5 }, { lat: 0, lon: -170, zoom: 5 }, 0.5);
    expect(Math.abs(half.lon)).toBeCloseTo(180, 6);
  });
});
