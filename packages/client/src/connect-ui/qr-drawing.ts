/**
 * An invitation's QR code as a drawing. Its path is taken out of the SVG's text instead of having the text parsed, which
 * a page with Trusted Types forbids; an image of it would need `img-src` to allow data.
 */
import { drawing } from "./dom.ts";

const FORM =
  /^<svg viewBox="([\d. ]{1,40})"[^>]*>(?:<rect [^>]*>)?<path d="([\dMmHhVvZz ,.-]+)"\s*\/><\/svg>$/;

/** Undefined for an SVG of another form. */
export const qrDrawing = (svg: string, label: string): SVGElement | undefined => {
  const [, viewBox, path] = FORM.exec(svg.trim()) ?? [];
  if (viewBox === undefined || path === undefined) return undefined;
  return drawing(viewBox, [path], {
    role: "img",
    "aria-label": label,
    // Half-lit edges between squares make it harder to read.
    "shape-rendering": "crispEdges",
  });
};
