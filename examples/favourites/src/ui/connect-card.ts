/** What the panel says while there is no store to read from: what is wrong, that data are safe, what to do. */
import { html, type TemplateResult } from "lit-html";
import type { Actions } from "../app/actions.ts";
import type { State } from "../app/state.ts";
import type { Connection } from "../masq/connector.ts";
import type { Texts } from "../text/en.ts";
import { problemText } from "../text/problem.ts";

const page = (title: string, ...parts: unknown[]): TemplateResult =>
  html`<div class="state">
    <h2 id="panel-heading" tabindex="-1">${title}</h2>
    ${parts}
  </div>`;

const button = (text: string, act: () => void, isPrimary = true): TemplateResult =>
  html`<button type="button" class=${isPrimary ? "primary" : ""} @click=${act}>${text}</button>`;

const paragraph = (text: string): TemplateResult => html`<p>${text}</p>`;

/** Commands are focusable, so that a long one can be scrolled with the keyboard. */
const command = (text: string): TemplateResult =>
  html`<pre class="command" tabindex="0"><code>${text}</code></pre>`;

const waiting = (text: string): TemplateResult =>
  html`<div class="state" aria-busy="true">
    <h2 id="panel-heading" class="waiting" tabindex="-1">${text}…</h2>
    <div class="skeleton" aria-hidden="true"><span></span><span></span><span></span></div>
  </div>`;

const consent = (
  { digits, expires }: Extract<Connection, { kind: "consent" }>,
  state: State,
  actions: Actions,
): TemplateResult => {
  const { t, hour } = state.speech;
  return page(
    t.connect.consentTitle,
    paragraph(t.connect.consent),
    html`<p class="digits">
      <span aria-hidden="true"
        >${digits.split("").map((digit) => html`<span class="digit">${digit}</span>`)}</span
      ><span class="visually-hidden">${t.connect.digits(digits)}</span>
    </p>`,
    paragraph(t.connect.consentHow),
    command(`npx masq apps allow ${location.origin} --code ${digits}`),
    html`<p class="hint">${t.connect.consentUntil(hour(expires))}</p>`,
    button(t.connect.cancel, actions.cancelConnect, false),
  );
};

const failure = (code: string, t: Texts, actions: Actions): TemplateResult => {
  const { connect } = t;
  switch (code) {
    case "MASQ_STORE_ABSENT":
      return page(
        connect.absentTitle,
        paragraph(connect.absent),
        command("npx masq start"),
        paragraph(connect.absentThen),
        button(connect.retry, actions.retry),
      );
    case "MASQ_ACCESS_REFUSED":
      return page(
        connect.refusedTitle,
        paragraph(connect.refused),
        button(connect.askAgain, actions.retry),
      );
    case "MASQ_ACCESS_EXPIRED":
      return page(
        connect.expiredTitle,
        paragraph(connect.expired),
        button(connect.askAgain, actions.retry),
      );
    case "MASQ_ACCESS_BUSY":
      return page(
        connect.busyTitle,
        paragraph(connect.busy),
        command("npx masq apps requests"),
        button(connect.askAgain, actions.retry),
      );
    case "MASQ_GRANT_REVOKED":
    case "MASQ_GRANT_MISSING":
      return page(
        connect.revokedTitle,
        paragraph(connect.revoked),
        button(connect.askAgain, actions.retry),
      );
    case "MASQ_STORE_MISMATCH":
      return page(
        connect.mismatchTitle,
        paragraph(connect.mismatch),
        button(connect.retry, actions.retry),
        button(connect.forget, actions.forgetStore, false),
      );
    default:
      return page(
        connect.failedTitle,
        paragraph(problemText(code, t)),
        button(connect.retry, actions.retry),
      );
  }
};

/** Undefined while the list can be shown. */
export const connectCard = (state: State, actions: Actions): TemplateResult | undefined => {
  const { connection, speech, favourites } = state;
  const { t } = speech;
  switch (connection.kind) {
    case "starting":
    case "connecting":
      return waiting(t.status[connection.kind]);
    case "welcome":
      return page(
        t.connect.welcomeTitle,
        paragraph(t.connect.welcome),
        button(t.connect.connect, actions.connect),
      );
    case "consent":
      return consent(connection, state, actions);
    case "failed":
      return failure(connection.code, t, actions);
    case "connected":
      return undefined;
    case "away":
      return favourites.size === 0 ? waiting(t.status.away) : undefined;
  }
};

/** The state of the connection, in the header. */
export const statusLine = ({ connection, speech }: State): TemplateResult =>
  html`<span class="status ${connection.kind}" role="status"
    ><span class="status-dot" aria-hidden="true"></span>${speech.t.status[connection.kind]}</span
  >`;
