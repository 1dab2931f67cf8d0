/** The globe's colours and fonts, read from the style sheet so that they are written down once. */

export interface Palette {
  readonly sea: string;
  readonly seaDeep: string;
  readonly shallows: string;
  readonly land: string;
  readonly coast: string;
  readonly border: string;
  readonly graticule: string;
  readonly ink: string;
  readonly inkSoft: string;
  readonly halo: string;
  readonly mark: string;
  readonly markEdge: string;
  readonly serif: string;
  readonly sans: string;
}

export const readPalette = (): Palette => {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    sea: value("sea"),
    seaDeep: value("sea-deep"),
    shallows: value("shallows"),
    land: value("land"),
    coast: value("coast"),
    border: value("border"),
    graticule: value("graticule"),
    ink: value("ink"),
    inkSoft: value("ink-soft"),
    halo: value("halo"),
    mark: value("mark"),
    markEdge: value("mark-edge"),
    serif: value("serif"),
    sans: value("sans"),
  };
};
