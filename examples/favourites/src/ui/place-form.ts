/** One favourite: its name, note and tags, to be edited. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Actions } from "../app/actions.ts";
import { isEdited, type OpenPlace, type State } from "../app/state.ts";
import { MAX_NAME, MAX_NOTE } from "../model/place.ts";
import { icons } from "./icons.ts";

const valueOf = (event: Event): string =>
  (event.target as HTMLInputElement | HTMLTextAreaElement).value;

/** What happened elsewhere to the place somebody edits here. */
const notice = (open: OpenPlace, state: State): TemplateResult | typeof nothing => {
  const { t } = state.speech;
  const now = state.favourites.get(open.base.id);
  if (now === undefined) return html`<p class="notice">${t.place.gone}</p>`;
  return now.version !== open.base.version && !open.isSaving
    ? html`<p class="notice">${t.place.stale}</p>`
    : nothing;
};

export const placeForm = (open: OpenPlace, state: State, actions: Actions): TemplateResult => {
  const { t, country, coordinates, date } = state.speech;
  const { base, draft } = open;
  const isGone = !state.favourites.has(base.id);
  return html`<form
    class="card"
    @submit=${(event: Event) => {
      event.preventDefault();
      actions.save();
    }}
    @keydown=${(event: KeyboardEvent) =>
      event.key === "Escape" && !isEdited(open) && actions.backToList()}
  >
    <button type="button" class="link back" @click=${actions.backToList}>
      ${icons.back}${t.place.back}
    </button>
    <h2 id="panel-heading" tabindex="-1">${base.place.name}</h2>
    <p class="whereabouts">
      ${country(base.place.country)}<span class="coordinates">${coordinates(base.place)}</span>
    </p>
    ${notice(open, state)}
    <label for="place-name">${t.place.name}</label>
    <input
      id="place-name"
      maxlength=${MAX_NAME}
      aria-invalid=${open.isNameMissing}
      aria-describedby=${open.isNameMissing ? "name-missing" : nothing}
      .value=${live(draft.name)}
      @input=${(event: Event) => actions.edit({ name: valueOf(event) })}
    />
    ${
      open.isNameMissing
        ? html`<p id="name-missing" class="field-error">${t.place.required}</p>`
        : nothing
    }
    <label for="place-note">${t.place.note}</label>
    <textarea
      id="place-note"
      rows="5"
      maxlength=${MAX_NOTE}
      placeholder=${t.place.noteHint}
      .value=${live(draft.note)}
      @input=${(event: Event) => actions.edit({ note: valueOf(event) })}
    ></textarea>
    <label for="place-tags">${t.place.tags}</label>
    <input
      id="place-tags"
      autocapitalize="off"
      aria-describedby="tags-hint"
      .value=${live(draft.tags)}
      @input=${(event: Event) => actions.edit({ tags: valueOf(event) })}
    />
    <p id="tags-hint" class="hint">${t.place.tagsHint}</p>
    <div class="buttons">
      <button class="primary" aria-disabled=${open.isSaving || !(isEdited(open) || isGone)}>
        ${open.isSaving ? t.place.saving : t.place.save}
      </button>
      <button type="button" class="danger" @click=${actions.remove}>
        ${icons.remove}${t.place.remove}
      </button>
    </div>
    <p class="hint">${t.place.savedOn(date(base.place.saved))}</p>
  </form>`;
};
