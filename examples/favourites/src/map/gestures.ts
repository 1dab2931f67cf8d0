/** Mouse, touch and keyboard on the globe. */
import type { Globe } from "./globe.ts";
import { drag, zoomAt, type Location, type Point } from "./sphere.ts";

/** A press that moves farther than this drags, in pixels. */
const SLACK = 6;
const KEY_STEP = 60;
const KEY_ZOOM = 1.5;
const WHEEL = 0.0016;

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: KEY_STEP, y: 0 },
  ArrowRight: { x: -KEY_STEP, y: 0 },
  ArrowUp: { x: 0, y: KEY_STEP },
  ArrowDown: { x: 0, y: -KEY_STEP },
};

export interface Pointing {
  readonly mark: (id: string) => void;
  readonly spot: (location: Location) => void;
}

const centreOf = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

const spreadOf = ([a, b]: readonly Point[]): number =>
  a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);

export const zoomBy = (globe: Globe, factor: number): void =>
  globe.look(zoomAt(globe.view, globe.stage, globe.stage, factor));

const onPointers = (element: HTMLElement, globe: Globe, pointing: Pointing): void => {
  const held = new Map<number, Point>();
  let travelled = 0;
  const at = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (held.size === 0) travelled = 0;
    // A journey ends where the globe is touched, so that what is pressed stays under the pointer.
    globe.look(globe.view);
    held.set(event.pointerId, at(event));
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    const before = [...held.values()];
    if (!held.has(event.pointerId)) return;
    held.set(event.pointerId, at(event));
    const after = [...held.values()];
    const [from, to] = [centreOf(before), centreOf(after)];
    travelled += Math.hypot(to.x - from.x, to.y - from.y);
    if (travelled < SLACK && held.size === 1) return;
    const moved = drag(globe.view, globe.stage, to.x - from.x, to.y - from.y);
    const [was, is] = [spreadOf(before), spreadOf(after)];
    if (was === 0 || is === 0) return globe.look(moved);
    travelled = Infinity;
    globe.look(zoomAt(moved, globe.stage, to, is / was));
  });
  const letGo = (event: PointerEvent): void => {
    if (!held.delete(event.pointerId) || held.size > 0) return;
    if (travelled >= SLACK || event.type === "pointercancel") return;
    const point = at(event);
    const mark = globe.markAt(point);
    const location = globe.locate(point);
    if (mark !== undefined) pointing.mark(mark.id);
    else if (location !== undefined) pointing.spot(location);
  };
  element.addEventListener("pointerup", letGo);
  element.addEventListener("pointercancel", letGo);
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels =
        event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 30 : event.deltaY;
      globe.look(zoomAt(globe.view, globe.stage, at(event), Math.exp(-pixels * WHEEL)));
    },
    { passive: false },
  );
};

const onKeys = (element: HTMLElement, globe: Globe, pointing: Pointing): void => {
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) globe.look(drag(globe.view, globe.stage, arrow.x, arrow.y));
    else if (event.key === "+" || event.key === "=") zoomBy(globe, KEY_ZOOM);
    else if (event.key === "-") zoomBy(globe, 1 / KEY_ZOOM);
    else if (event.key === "0") globe.look({ ...globe.view, zoom: 1 });
    else if (event.key === "Enter") {
      const mark = globe.markAt(globe.stage);
      if (mark === undefined) pointing.spot(globe.view);
      else pointing.mark(mark.id);
    } else return;
    event.preventDefault();
  });
};

export const onGestures = (element: HTMLElement, globe: Globe, pointing: Pointing): void => {
  onPointers(element, globe, pointing);
  onKeys(element, globe, pointing);
};
