/** Puts the views where index.html has room for them. */
import { html, nothing, render, type TemplateResult } from "lit-html";
import type { Actions } from "../app/actions.ts";
import type { State } from "../app/state.ts";
import { choiceView } from "./choice-view.ts";
import { dataCard } from "./data-card.ts";
import { icons } from "./icons.ts";
import { placeForm } from "./place-form.ts";
import { placeList } from "./place-list.ts";
import { searchBox } from "./search-box.ts";
import { spotCard } from "./spot-card.ts";
import { toastView } from "./toast.ts";

const byId = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

/** What only the globe can do. */
export interface Zooms {
  readonly nearer: () => void;
  readonly farther: () => void;
  readonly all: () => void;
}

const panel = (state: State, actions: Actions): TemplateResult => {
  const { panel: shown } = state;
  const card = dataCard(state, actions);
  // What somebody typed or found is still there afterwards.
  if (card !== undefined) return card;
  if (shown.kind === "spot") return spotCard(shown, state, actions);
  if (shown.kind === "place")
    return shown.choice === undefined
      ? placeForm(shown, state, actions)
      : choiceView(shown.choice, state, actions);
  return placeList(state, actions);
};

const mapTools = (
  { speech: { t }, areCreditsOpen }: State,
  zooms: Zooms,
  actions: Actions,
): TemplateResult =>
  html`<div class="zooms">
      <button type="button" aria-label=${t.map.nearer} @click=${zooms.nearer}>${icons.plus}</button>
      <button type="button" aria-label=${t.map.farther} @click=${zooms.farther}>
        ${icons.minus}
      </button>
      <button type="button" aria-label=${t.map.all} @click=${zooms.all}>${icons.globe}</button>
    </div>
    <div class="credits">
      ${areCreditsOpen ? html`<p id="credits-text">${t.credits.text}</p>` : nothing}
      <button
        type="button"
        class="link"
        aria-expanded=${areCreditsOpen}
        @click=${actions.toggleCredits}
      >
        ${areCreditsOpen ? t.credits.close : t.credits.about}
      </button>
    </div>`;

export const paintPage = (state: State, actions: Actions, zooms: Zooms): void => {
  const { speech } = state;
  const { t } = speech;
  document.documentElement.lang = speech.language;
  document.title = t.title;
  byId("title").textContent = t.title;
  byId("skip").textContent = t.skip;
  byId("globe").setAttribute("aria-label", t.map.label);
  byId("globe-help").textContent = t.map.help;
  byId("said").textContent = state.said;
  render(
    html`<button
      type="button"
      class="quiet"
      lang=${speech.language === "en" ? "fr" : "en"}
      aria-label=${t.switchLanguage}
      @click=${actions.switchLanguage}
    >
      ${t.otherLanguage}
    </button>`,
    byId("language"),
  );
  render(
    html`${state.isMapMissing ? html`<p class="notice">${t.map.failed}</p>` : nothing}
    ${mapTools(state, zooms, actions)}`,
    byId("map-tools"),
  );
  render(searchBox(state, actions), byId("search-area"));
  render(panel(state, actions), byId("panel"));
  render(toastView(state, actions), byId("toast"));
};
