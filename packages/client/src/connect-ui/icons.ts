/** The element's icons: lines on a grid of 24, in the colour of the text beside them. */
import { drawing } from "./dom.ts";

const ICONS = {
  device: ["M5 4h14a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Z", "M8 20h8"],
  link: [
    "M9.5 14.5l5-5",
    "M11 6.5l1.6-1.6a4.2 4.2 0 0 1 6 6L17 12.5",
    "M13 17.5l-1.6 1.6a4.2 4.2 0 0 1-6-6L7 11.5",
  ],
  verified: [
    "M12 3l7 2.6v5.6c0 4.4-2.9 7.9-7 9.8-4.1-1.9-7-5.4-7-9.8V5.6Z",
    "M8.7 12l2.4 2.4 4.4-4.6",
  ],
  send: ["M12 20V5", "M6 10.5L12 4.5l6 6"],
  receive: ["M12 4v15", "M6 13.5l6 6 6-6"],
  offline: ["M4 9a12 12 0 0 1 16 0", "M7.5 13a7 7 0 0 1 9 0", "M12 17.5v.01", "M4 3l16 18"],
  away: ["M20 14.5A8.5 8.5 0 1 1 9.5 4a6.8 6.8 0 0 0 10.5 10.5Z"],
  store: ["M4 5h16v5H4Z", "M4 14h16v5H4Z", "M7.5 7.5v.01", "M7.5 16.5v.01"],
  busy: ["M12 4a8 8 0 1 1-8 8"],
  problem: ["M12 4L2.8 20h18.4Z", "M12 10v4.5", "M12 17.3v.01"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  back: ["M14.5 5.5L8 12l6.5 6.5"],
  onward: ["M9.5 5.5L16 12l-6.5 6.5"],
  camera: ["M4 8h3.5l1.6-2.5h5.8L16.5 8H20v11H4Z", "M12 10.2a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z"],
  copy: ["M9 9h11v11H9Z", "M5.5 15H4V4h11v1.5"],
} as const;

export type IconName = keyof typeof ICONS;

export const icon = (name: IconName): SVGElement =>
  drawing("0 0 24 24", ICONS[name], { "aria-hidden": "true", class: `icon ${name}` });
