/** The element's style, as a sheet made by script: a page whose policy allows no inline style allows it. */

const CSS = `
:host {
  --_accent: var(--masq-accent, light-dark(#0a6659, #79d9c5));
  --_on-accent: var(--masq-on-accent, light-dark(#fff, #04231d));
  --_surface: var(--masq-surface, light-dark(#fff, #161d23));
  --_raised: var(--masq-raised, light-dark(#f4f6f6, #212a32));
  --_text: var(--masq-text, light-dark(#17212b, #eaf0f2));
  --_muted: var(--masq-muted, light-dark(#53606c, #a9b6bf));
  --_line: var(--masq-line, light-dark(#d9dfe2, #36424c));
  --_edge: var(--masq-edge, light-dark(#7b8792, #7f8e99));
  --_good: var(--masq-good, light-dark(#0a6a48, #7fdcae));
  --_busy: var(--masq-busy, light-dark(#845100, #f3c071));
  --_bad: var(--masq-bad, light-dark(#a62617, #ff9f8f));
  --_radius: var(--masq-radius, 0.75rem);
  --_tone: var(--_muted);
  display: inline-block;
  max-inline-size: 100%;
  color-scheme: light dark;
  font-family: var(--masq-font, inherit);
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }

*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
button, input { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
h2:focus { outline: none; }

.unseen {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.icon {
  flex: none;
  inline-size: 1.25em;
  block-size: 1.25em;
  fill: none;
  stroke: currentcolor;
  stroke-width: 1.75;
  stroke-linecap: round;
  stroke-linejoin: round;
}
.good { --_tone: var(--_good); }
.busy { --_tone: var(--_busy); }
.bad { --_tone: var(--_bad); }
:dir(rtl) > :is(.icon.back, .icon.onward) { scale: -1 1; }

.glance {
  display: inline-flex;
  align-items: center;
  gap: 0.5em;
  max-inline-size: 100%;
  min-block-size: 2.5rem;
  padding-block: 0.35rem;
  padding-inline: 0.7rem 0.9rem;
  border: 1px solid var(--_line);
  border-radius: 2rem;
  background: var(--_surface);
  color: var(--_text);
  font-size: 0.9375rem;
  line-height: 1.2;
}
.glance:hover { border-color: var(--_edge); }
.glance .icon { color: var(--_tone); }
.label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
:host([compact]) .glance { padding-inline: 0.6rem; }
:host([compact]) .label {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  clip-path: inset(50%);
}

dialog {
  flex-direction: column;
  inline-size: min(27rem, 100vw - 2rem);
  max-inline-size: none;
  max-block-size: min(44rem, 100dvh - 2rem);
  padding: 0;
  overflow: hidden;
  border: 1px solid var(--_line);
  border-radius: calc(var(--_radius) * 1.5);
  background: var(--_surface);
  color: var(--_text);
  font-size: 1rem;
  font-variant-numeric: lining-nums;
  line-height: 1.5;
  text-align: start;
  box-shadow: 0 1.5rem 4rem rgb(8 20 28 / 28%);
}
dialog[open] { display: flex; }
dialog::backdrop { background: rgb(8 16 22 / 45%); }
header {
  display: flex;
  align-items: center;
  gap: 0.25rem;
  padding-block: 0.75rem;
  padding-inline: 1.5rem 0.75rem;
}
header:has(.round:first-child:not([hidden])) { padding-inline-start: 0.75rem; }
h2 { flex: 1; font-size: 1.125rem; font-weight: 650; line-height: 1.3; text-wrap: balance; }
h3 { font-size: 1rem; font-weight: 650; line-height: 1.35; }
.round {
  display: grid;
  place-items: center;
  flex: none;
  inline-size: 2.75rem;
  block-size: 2.75rem;
  padding: 0;
  border: 0;
  border-radius: 50%;
  background: none;
  color: var(--_muted);
}
.round:hover { background: var(--_raised); color: var(--_text); }
.body {
  display: flex;
  flex-direction: column;
  gap: 1rem;
  padding: 0.25rem 1.5rem 1.5rem;
  overflow-y: auto;
  overscroll-behavior: contain;
  overflow-wrap: anywhere;
}

.badge {
  display: grid;
  place-items: center;
  flex: none;
  inline-size: 2.75rem;
  block-size: 2.75rem;
  border-radius: 50%;
  background: color-mix(in srgb, var(--_tone) 14%, var(--_surface));
  color: var(--_tone);
  font-size: 1.15rem;
}
.badge.small { inline-size: 2.25rem; block-size: 2.25rem; font-size: 0.95rem; }
.status { display: flex; gap: 0.9rem; padding: 1rem; border-radius: var(--_radius); background: var(--_raised); }
.status .badge { background: color-mix(in srgb, var(--_tone) 18%, var(--_raised)); }
.status p { color: var(--_muted); font-size: 0.9375rem; }
.status .todo { margin-block-start: 0.35rem; color: var(--_text); }

.devices h3 { margin-block-end: 0.25rem; color: var(--_muted); font-size: 0.875rem; }
.devices li { display: flex; align-items: center; gap: 0.9rem; padding-block: 0.6rem; }
.devices li + li { border-block-start: 1px solid var(--_line); }
.devices li > div { min-inline-size: 0; }
.name { display: block; max-block-size: 3em; overflow: hidden; font-weight: 550; }
.facts { color: var(--_muted); font-size: 0.875rem; line-height: 1.4; }
.hint { color: var(--_muted); font-size: 0.875rem; }

.actions, form, .field, .scan, .stack { display: flex; flex-direction: column; gap: 0.75rem; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.6rem; margin-block-start: 0.25rem; }
.actions .buttons > * { flex: 1 1 auto; }
.primary, .secondary {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 0.5em;
  min-block-size: 2.75rem;
  padding: 0.4rem 1.1rem;
  border: 1px solid var(--_edge);
  border-radius: var(--_radius);
  background: none;
  font-weight: 550;
  line-height: 1.25;
  overflow-wrap: normal;
}
.primary { border-color: var(--_accent); background: var(--_accent); color: var(--_on-accent); }
.primary:hover { filter: brightness(1.08); }
.secondary:hover { background: var(--_raised); }
.rows { border-block-start: 1px solid var(--_line); }
.rows li + li { border-block-start: 1px solid var(--_line); }
.row {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 1rem;
  inline-size: 100%;
  min-block-size: 3rem;
  padding: 0.5rem 0;
  border: 0;
  background: none;
  text-align: start;
}
.row .icon { color: var(--_muted); }
.rows { margin-block-end: -0.75rem; }

.qr {
  align-self: center;
  inline-size: min(17rem, 100%);
  padding: 0.75rem;
  border: 1px solid var(--_line);
  border-radius: var(--_radius);
  background: #fff;
  forced-color-adjust: none;
}
.qr svg { display: block; inline-size: 100%; fill: #000; }
.left { text-align: center; color: var(--_muted); font-size: 0.9375rem; font-variant-numeric: lining-nums tabular-nums; }
.notice { padding: 0.6rem 0.9rem; border-inline-start: 3px solid var(--_busy); background: var(--_raised); }
.notice:empty, .wrong:empty { display: none; }
label { font-size: 0.9375rem; font-weight: 550; }
.field, form { gap: 0.4rem; }
form .buttons { margin-block-start: 0.6rem; }
.beside { display: flex; gap: 0.5rem; }
.beside button { flex: none; }
input {
  inline-size: 100%;
  min-inline-size: 0;
  min-block-size: 2.75rem;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--_edge);
  border-radius: var(--_radius);
  background: var(--_surface);
  text-overflow: ellipsis;
}
input[readonly] { background: var(--_raised); color: var(--_muted); font-size: 0.875rem; }
[aria-invalid] { border-color: var(--_bad); }
.wrong { color: var(--_bad); font-size: 0.9375rem; }
.code { font-size: 1.5rem; letter-spacing: 0.2em; text-align: center; font-variant-numeric: lining-nums tabular-nums; }
.digits {
  padding: 0.9rem;
  border-radius: var(--_radius);
  background: var(--_raised);
  font-size: 2.25rem;
  font-weight: 600;
  line-height: 1.2;
  letter-spacing: 0.08em;
  text-align: center;
  font-variant-numeric: lining-nums tabular-nums;
}
.digits > span:first-child { display: inline-flex; gap: 0.45em; }
.who { font-size: 1.125rem; font-weight: 550; }
.waiting { display: flex; align-items: center; gap: 0.75rem; padding-block: 0.75rem; }
.waiting .icon { color: var(--_accent); font-size: 1.2rem; }
.outcome {
  display: grid;
  place-items: center;
  align-self: center;
  inline-size: 4rem;
  block-size: 4rem;
  border-radius: 50%;
  background: color-mix(in srgb, var(--_tone) 14%, var(--_surface));
  color: var(--_tone);
  font-size: 1.75rem;
}
details { color: var(--_muted); font-size: 0.875rem; }
summary { min-block-size: 1.75rem; cursor: pointer; }
details p { padding: 0.6rem 0.75rem; border-radius: 0.5rem; background: var(--_raised); font-family: ui-monospace, monospace; font-size: 0.8125rem; }
.command {
  padding: 0.6rem 0.75rem;
  border: 1px solid var(--_line);
  border-radius: 0.5rem;
  background: var(--_raised);
  font-family: ui-monospace, monospace;
  font-size: 0.8125rem;
  user-select: all;
}
.command span { white-space: nowrap; }
.points { display: grid; gap: 0.4rem; padding-inline-start: 1.2rem; list-style: disc; }
.scan { padding-block-start: 1rem; border-block-start: 1px solid var(--_line); }
.scan .secondary { align-self: start; }
video { inline-size: 100%; max-block-size: 18rem; border-radius: var(--_radius); background: #000; object-fit: cover; }
dl { display: grid; gap: 1rem; }
dt { color: var(--_muted); font-size: 0.875rem; font-weight: 650; }
dd .secondary { margin-block-start: 0.5rem; }

@media (max-width: 30rem) {
  dialog {
    inline-size: 100vw;
    max-block-size: calc(100dvh - 2.5rem);
    margin-block-end: 0;
    border-width: 1px 0 0;
    border-end-start-radius: 0;
    border-end-end-radius: 0;
  }
  header { padding-inline-start: 1.25rem; }
  .body { padding-inline: 1.25rem; padding-block-end: max(1.25rem, env(safe-area-inset-bottom)); }
  .buttons > * { flex: 1 1 auto; }
}
/* On a screen that is touched the last thing touched stays as if a pointer were over it. */
@media (hover: hover) {
  .row:hover span { text-decoration: underline; text-underline-offset: 0.2em; }
}
@media (prefers-reduced-motion: no-preference) {
  .icon.busy { animation: turn 1.1s linear infinite; }
  dialog[open] { animation: rise 0.18s ease-out; }
  @keyframes turn { to { rotate: 1turn; } }
  @keyframes rise { from { opacity: 0; translate: 0 0.75rem; } }
}
`;

let sheet: CSSStyleSheet | undefined;

/** One for all elements of the page. */
export const styles = (): CSSStyleSheet => {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
};
