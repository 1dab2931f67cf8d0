/** One message with what can be done about it. It stays until it is closed: nobody has to be quick. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Actions } from "../app/actions.ts";
import type { State, Toast } from "../app/state.ts";
import type { Texts } from "../text/en.ts";
import { problemText } from "../text/problem.ts";
import { icons } from "./icons.ts";

const textOf = (toast: Toast, t: Texts): string => {
  switch (toast.kind) {
    case "deleted":
      return t.toast.deleted(toast.favourite.place.name);
    case "moved":
      return t.choice.moved;
    case "problem":
      return problemText(toast.code, t);
  }
};

export const toastView = (
  { toast, speech: { t } }: State,
  actions: Actions,
): TemplateResult | typeof nothing =>
  toast === undefined
    ? nothing
    : html`<div class="toast ${toast.kind}" role=${toast.kind === "deleted" ? "group" : "alert"}>
        <p>${textOf(toast, t)}</p>
        ${
          toast.kind === "deleted"
            ? html`<button type="button" id="undo" @click=${actions.undo}>${t.toast.undo}</button>`
            : nothing
        }
        <button
          type="button"
          class="quiet round"
          aria-label=${t.toast.close}
          @click=${actions.closeToast}
        >
          ${icons.close}
        </button>
      </div>`;
