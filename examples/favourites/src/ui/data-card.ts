/** What the panel says while there are no places to show. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Actions } from "../app/actions.ts";
import type { State } from "../app/state.ts";

/** Where going on without the store is for the person to say. */
const STORE_GONE: ReadonlySet<string> = new Set([
  "MASQ_GRANT_MISSING",
  "MASQ_GRANT_REVOKED",
  "MASQ_STORE_MISMATCH",
]);

const opening = ({ speech: { t } }: State): TemplateResult =>
  html`<div class="state" aria-busy="true">
    <h2 id="panel-heading" class="waiting" tabindex="-1">${t.data.opening}…</h2>
    <div class="skeleton" aria-hidden="true"><span></span><span></span><span></span></div>
  </div>`;

const failed = (code: string, { speech: { t } }: State, actions: Actions): TemplateResult =>
  html`<div class="state">
    <h2 id="panel-heading" tabindex="-1">${t.data.failedTitle}</h2>
    <p>${t.data.failed}</p>
    <button type="button" class="primary" @click=${actions.showData}>${t.data.why}</button>
    ${
      STORE_GONE.has(code)
        ? html`<p>${t.data.forgetWhat}</p>
            <button type="button" @click=${actions.forgetStore}>${t.data.forget}</button>`
        : nothing
    }
  </div>`;

/** Undefined while the list can be shown. */
export const dataCard = (state: State, actions: Actions): TemplateResult | undefined => {
  const { connection, favourites } = state;
  switch (connection.kind) {
    case "opening":
      return opening(state);
    case "failed":
      return failed(connection.code, state, actions);
    case "open":
      return undefined;
    case "away":
      return favourites.size === 0 ? opening(state) : undefined;
  }
};
