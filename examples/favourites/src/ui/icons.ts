/** Line icons on a 24 x 24 grid; they say nothing that the text beside them does not. */
import { html, type TemplateResult } from "lit-html";

const icon = (path: string): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${path} />
  </svg>`;

export const icons = {
  search: icon("M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20 20"),
  close: icon("M6 6l12 12M18 6 6 18"),
  back: icon("M14.5 5.5 8 12l6.5 6.5"),
  twice: icon(
    "M7 4v5a5 5 0 0 0 5 5 5 5 0 0 0 5-5V4M12 14v6M4.5 6.5 7 4l2.5 2.5M14.5 6.5 17 4l2.5 2.5",
  ),
  globe: icon(
    "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.5 12h17M12 3.5c2.6 2.4 3.8 5.2 3.8 8.5s-1.2 6.1-3.8 8.5c-2.6-2.4-3.8-5.2-3.8-8.5s1.2-6.1 3.8-8.5Z",
  ),
  remove: icon("M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7M10.5 10.5v5.5M13.5 10.5v5.5"),
  plus: icon("M12 5v14M5 12h14"),
  minus: icon("M5 12h14"),
};
