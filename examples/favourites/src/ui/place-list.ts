/** The favourites as the index of an atlas: name, what leads there, coordinates. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Actions } from "../app/actions.ts";
import { allTags, inOrder, type State } from "../app/state.ts";
import type { Favourite } from "../masq/favourites.ts";
import { icons } from "./icons.ts";

const tagFilter = (state: State, actions: Actions): TemplateResult | typeof nothing => {
  const tags = allTags(state.favourites);
  const { t } = state.speech;
  if (tags.length === 0) return nothing;
  const chip = (text: string, tag: string | undefined): TemplateResult =>
    html`<button
      type="button"
      class="chip"
      aria-pressed=${state.tag === tag}
      @click=${() => actions.filter(tag)}
    >
      ${text}
    </button>`;
  return html`<div class="chips" role="group" aria-label=${t.list.tags}>
    ${chip(t.list.all, undefined)} ${tags.map((tag) => chip(tag, tag))}
  </div>`;
};

const row = (
  { id, place, conflict }: Favourite,
  state: State,
  actions: Actions,
): TemplateResult => {
  const { speech, fresh } = state;
  const isFresh = fresh.has(id);
  return html`<li class=${isFresh ? "row fresh" : "row"}>
    <button type="button" class="row-button" data-id=${id} @click=${() => actions.open(id)}>
      <span class="row-line">
        <span class="row-name">${place.name}</span>
        <span class="leader" aria-hidden="true"></span>
        <span class="coordinates">${speech.coordinates(place)}</span>
      </span>
      <span class="row-more">
        <span class="row-country">${speech.country(place.country)}</span>
        ${place.tags.map((tag) => html`<span class="tag">${tag}</span>`)}
        ${isFresh ? html`<span class="row-fresh">${speech.t.list.fresh}</span>` : nothing}
      </span>
      ${place.note === "" ? nothing : html`<span class="row-note">${place.note}</span>`}
      ${
        conflict
          ? html`<span class="row-conflict">${icons.twice}${speech.t.list.conflict}</span>`
          : nothing
      }
    </button>
  </li>`;
};

const empty = ({ speech: { t } }: State, actions: Actions): TemplateResult =>
  html`<div class="state">
    <h2 id="panel-heading" tabindex="-1">${t.list.emptyTitle}</h2>
    <p>${t.list.empty}</p>
    <div class="chips">
      ${t.suggestions.map(
        (name) =>
          html`<button type="button" class="chip" @click=${() => actions.suggest(name)}>
            ${name}
          </button>`,
      )}
    </div>
    <p class="hint">${t.list.emptyWhere}</p>
  </div>`;

const loading = ({ speech: { t } }: State): TemplateResult =>
  html`<div class="state">
    <h2 id="panel-heading" class="visually-hidden" tabindex="-1">${t.list.heading}</h2>
    <p class="visually-hidden">${t.list.loading}</p>
    <div class="skeleton" aria-hidden="true"><span></span><span></span><span></span></div>
  </div>`;

export const placeList = (state: State, actions: Actions): TemplateResult => {
  const { speech, tag, favourites } = state;
  if (favourites.size === 0) return state.isLoaded ? empty(state, actions) : loading(state);
  const shown = inOrder(favourites).filter(
    ({ place }) => tag === undefined || place.tags.includes(tag),
  );
  return html`<div class="list-head">
      <h2 id="panel-heading" tabindex="-1">${speech.t.list.heading}</h2>
      <span class="count">${speech.t.list.count(shown.length)}</span>
    </div>
    ${
      state.connection.kind === "away" ? html`<p class="notice">${speech.t.list.away}</p>` : nothing
    }
    ${tagFilter(state, actions)}
    ${
      tag !== undefined && shown.length === 0
        ? html`<p class="notice">
            ${speech.t.list.noneTagged(tag)}
            <button type="button" class="link" @click=${() => actions.filter(undefined)}>
              ${speech.t.list.all}
            </button>
          </p>`
        : nothing
    }
    <ul class="rows">
      ${repeat(
        shown,
        ({ id }) => id,
        (favourite) => row(favourite, state, actions),
      )}
    </ul>`;
};
