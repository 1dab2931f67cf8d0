/** Search as you type: a combobox with a list (WAI-ARIA APG, "Editable Combobox With List Autocomplete"). */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Actions } from "../app/actions.ts";
import type { State } from "../app/state.ts";
import { idOf } from "../model/place.ts";
import { nameOf, type Town } from "../search/gazetteer.ts";
import { icons } from "./icons.ts";

const onKey = (event: KeyboardEvent, { search }: State, actions: Actions): void => {
  if (event.isComposing) return;
  const town = search.results[search.active];
  if (event.key === "ArrowDown") actions.move(1);
  else if (event.key === "ArrowUp") actions.move(-1);
  else if (event.key === "Escape" && search.query !== "") actions.closeSearch();
  else if (event.key === "Enter" && search.isOpen && town !== undefined) actions.pick(town);
  else return;
  event.preventDefault();
};

const option = (town: Town, index: number, state: State, actions: Actions): TemplateResult => {
  const { speech, search, favourites } = state;
  const name = nameOf(town, speech.language);
  const isSaved = favourites.has(idOf(town));
  return html`<li
    id=${`result-${index}`}
    role="option"
    aria-selected=${index === search.active}
    @mousedown=${(event: Event) => event.preventDefault()}
    @click=${() => actions.pick(town)}
  >
    <span class="result-name">${name}</span>
    <span class="result-country">${speech.country(town.country)}</span>
    ${isSaved ? html`<span class="result-saved">${speech.t.search.saved}</span>` : nothing}
    <span class="coordinates">${speech.coordinates(town)}</span>
  </li>`;
};

const outcome = (state: State): TemplateResult | typeof nothing => {
  const { t } = state.speech;
  const { query, results } = state.search;
  if (query.trim() === "" || results.length > 0) return nothing;
  const text =
    state.gazetteer === "opening"
      ? t.search.loading
      : state.gazetteer === "failed"
        ? t.search.failed
        : t.search.none(query.trim());
  return html`<p class="search-outcome">${text}</p>`;
};

export const searchBox = (state: State, actions: Actions): TemplateResult => {
  const { speech, search } = state;
  const isOpen = search.isOpen && search.results.length > 0;
  return html`<div
    class="search"
    role="search"
    @focusout=${({ currentTarget, relatedTarget }: FocusEvent) => {
      if (!(currentTarget as HTMLElement).contains(relatedTarget as Node | null))
        actions.leaveSearch();
    }}
  >
    <label class="visually-hidden" for="search">${speech.t.search.label}</label>
    <div class="search-field">
      ${icons.search}
      <input
        id="search"
        type="text"
        role="combobox"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        enterkeyhint="search"
        aria-autocomplete="list"
        aria-expanded=${isOpen}
        aria-controls="results"
        aria-activedescendant=${isOpen ? `result-${search.active}` : nothing}
        placeholder=${speech.t.search.placeholder}
        .value=${live(search.query)}
        @focus=${actions.openGazetteer}
        @input=${(event: Event) => actions.type((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => onKey(event, state, actions)}
      />
      ${
        search.query === ""
          ? nothing
          : html`<button
              type="button"
              class="quiet round"
              aria-label=${speech.t.search.clear}
              @click=${actions.closeSearch}
            >
              ${icons.close}
            </button>`
      }
    </div>
    <ul id="results" role="listbox" aria-label=${speech.t.search.label} ?hidden=${!isOpen}>
      ${search.results.map((town, index) => option(town, index, state, actions))}
    </ul>
    ${outcome(state)}
  </div>`;
};
