/** A place that was changed in two places at once: all versions side by side, and the two joined. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Actions } from "../app/actions.ts";
import type { OpenPlace, State } from "../app/state.ts";
import type { Version } from "../masq/favourites.ts";
import { MAX_NOTE } from "../model/place.ts";
import { icons } from "./icons.ts";

const valueOf = (event: Event): string =>
  (event.target as HTMLInputElement | HTMLTextAreaElement).value;

const card = (
  { place, time }: Version,
  index: number,
  state: State,
  actions: Actions,
): TemplateResult => {
  const { t, time: format } = state.speech;
  const title = time === undefined ? t.choice.yours : t.choice.version(index + 1);
  return html`<li class="version">
    <h3>${title}</h3>
    ${time === undefined ? nothing : html`<p class="hint">${t.choice.written(format(time))}</p>`}
    <p class="version-name">${place.name}</p>
    <p
      class=${place.note === "" ? "version-note none" : "version-note"}
      .textContent=${place.note === "" ? t.choice.noNote : place.note}
    ></p>
    <p class="row-more">${place.tags.map((tag) => html`<span class="tag">${tag}</span>`)}</p>
    <button
      type="button"
      aria-label=${t.choice.keepNamed(title)}
      @click=${() => actions.choose(place)}
    >
      ${t.choice.keep}
    </button>
  </li>`;
};

export const choiceView = (
  choice: NonNullable<OpenPlace["choice"]>,
  state: State,
  actions: Actions,
): TemplateResult => {
  const { t } = state.speech;
  const { joined } = choice;
  return html`<div class="card">
    <button type="button" class="link back" @click=${actions.backToList}>
      ${icons.back}${t.place.back}
    </button>
    <p class="eyebrow conflict">${icons.twice}${t.choice.heading}</p>
    <h2 id="panel-heading" tabindex="-1">${joined.name}</h2>
    <p>${t.choice.lead}</p>
    <ul class="versions">
      ${choice.versions.map((version, index) => card(version, index, state, actions))}
    </ul>
    <form
      class="version joined"
      @submit=${(event: Event) => {
        event.preventDefault();
        actions.join();
      }}
    >
      <h3>${t.choice.joined}</h3>
      <label for="joined-note">${t.place.note}</label>
      <textarea
        id="joined-note"
        rows="4"
        maxlength=${2 * MAX_NOTE}
        .value=${live(joined.note)}
        @input=${(event: Event) => actions.editJoined({ note: valueOf(event) })}
      ></textarea>
      <label for="joined-tags">${t.place.tags}</label>
      <input
        id="joined-tags"
        autocapitalize="off"
        .value=${live(joined.tags)}
        @input=${(event: Event) => actions.editJoined({ tags: valueOf(event) })}
      />
      <button class="primary">${t.choice.join}</button>
    </form>
  </div>`;
};
