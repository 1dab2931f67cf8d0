/** Elements from names, attributes and children. Texts become text nodes and nothing else, whoever wrote them. */

export type Child = Node | string | undefined | false;
type Attribute = string | boolean | undefined | ((event: Event) => void);
export type Attributes = Readonly<Record<string, Attribute>>;

const SVG = "http://www.w3.org/2000/svg";

const setAttributes = (element: Element, attributes: Attributes): void => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (typeof value === "string") element.setAttribute(name, value);
  }
};

const isShown = (child: Child): child is Node | string => child !== undefined && child !== false;

/** A function as attribute is a listener of the event of its name; false and undefined leave it out. */
export const h = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] => {
  const element = document.createElement(name);
  setAttributes(element, attributes);
  element.append(...children.filter(isShown));
  return element;
};

/** A drawing of paths, hidden from screen readers unless it has a label. */
export const drawing = (
  viewBox: string,
  paths: readonly string[],
  attributes: Attributes = { "aria-hidden": "true" },
): SVGElement => {
  const svg = document.createElementNS(SVG, "svg");
  setAttributes(svg, { viewBox, focusable: "false", ...attributes });
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
};
