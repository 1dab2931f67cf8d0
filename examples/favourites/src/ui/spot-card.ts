/** A place that may be saved. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Actions } from "../app/actions.ts";
import type { Panel, State } from "../app/state.ts";
import { MAX_NAME } from "../model/place.ts";

export const spotCard = (
  { spot, isPointed }: Extract<Panel, { kind: "spot" }>,
  state: State,
  actions: Actions,
): TemplateResult => {
  const { t, country, coordinates } = state.speech;
  return html`<form
    class="card"
    @submit=${(event: Event) => {
      event.preventDefault();
      actions.saveSpot();
    }}
    @keydown=${(event: KeyboardEvent) => event.key === "Escape" && actions.backToList()}
  >
    <p class="eyebrow">${isPointed ? t.spot.pointed : t.spot.found}</p>
    <h2 id="panel-heading" tabindex="-1">${spot.name}</h2>
    <p class="whereabouts">
      ${country(spot.country)}<span class="coordinates">${coordinates(spot)}</span>
    </p>
    ${
      isPointed
        ? html`<label for="spot-name">${t.spot.name}</label>
            <input
              id="spot-name"
              maxlength=${MAX_NAME}
              .value=${live(spot.name)}
              @focus=${(event: Event) => (event.target as HTMLInputElement).select()}
              @input=${(event: Event) => actions.nameSpot((event.target as HTMLInputElement).value)}
            />`
        : nothing
    }
    <div class="buttons">
      <button id="save-spot" class="primary">${t.spot.save}</button>
      <button type="button" @click=${actions.backToList}>${t.spot.cancel}</button>
    </div>
  </form>`;
};
