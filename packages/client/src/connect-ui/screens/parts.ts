/** What several screens are made of. */
import { h, type Attributes, type Child } from "../dom.ts";
import { icon, type IconName } from "../icons.ts";
import type { Problem } from "../problem.ts";
import type { Speech } from "../text/speech.ts";

export const paragraph = (text: string, className?: string): HTMLParagraphElement =>
  h("p", { class: className }, text);

export const button = (
  text: string,
  act: () => void,
  look: "primary" | "secondary" = "secondary",
  image?: IconName,
): HTMLButtonElement =>
  h(
    "button",
    { type: "button", class: look, part: look, click: act },
    image !== undefined && icon(image),
    text,
  );

export const buttons = (...children: readonly Child[]): HTMLElement =>
  h("div", { class: "buttons" }, ...children);

export const waiting = (text: string): HTMLElement =>
  h("div", { class: "waiting" }, icon("busy"), h("p", {}, text));

/** To be typed in a terminal; its end, if given, does not break over two lines. */
export const command = (text: string, end?: string): HTMLElement =>
  h(
    "p",
    { class: "command", dir: "ltr", translate: "no" },
    text,
    end !== undefined && h("span", {}, end),
  );

/** Read out digit by digit, shown in two groups. */
export const digits = (code: string): HTMLElement =>
  h(
    "p",
    { class: "digits", part: "code", dir: "ltr" },
    h(
      "span",
      { "aria-hidden": "true" },
      h("span", {}, code.slice(0, 3)),
      h("span", {}, code.slice(3)),
    ),
    h("span", { class: "unseen" }, code.split("").join(" ")),
  );

export interface Asked {
  readonly label: string;
  readonly go: string;
  readonly attributes: Attributes;
  /** Takes what was typed; a text says why not. */
  readonly take: (typed: string) => string | undefined;
}

export interface Form {
  readonly element: HTMLFormElement;
  readonly field: HTMLInputElement;
  readonly fail: (text: string) => void;
}

/** One field to fill in; says what is wrong with it, until it is changed. */
export const form = ({ label, go, attributes, take }: Asked, ...beside: readonly Node[]): Form => {
  const wrong = h("p", { id: "wrong", class: "wrong", role: "alert" });
  const right = (): void => {
    wrong.textContent = "";
    field.removeAttribute("aria-invalid");
  };
  const field = h("input", {
    id: "field",
    part: "field",
    dir: "ltr",
    autocomplete: "off",
    spellcheck: "false",
    translate: "no",
    "aria-describedby": "wrong",
    input: right,
    ...attributes,
  });
  const fail = (text: string): void => {
    wrong.textContent = text;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const text = take(field.value);
    if (text !== undefined) fail(text);
  };
  const element = h(
    "form",
    { submit, novalidate: true },
    h("label", { for: "field" }, label),
    field,
    wrong,
    buttons(h("button", { class: "primary", part: "primary" }, go), ...beside),
  );
  return { element, field, fail };
};

/** Says what went wrong, and what else can be done; the title is the screen's. */
export const problemBody = (problem: Problem, { t }: Speech, ...more: readonly Node[]): Node[] => {
  const { what, todo } = t.problems[problem.key];
  const { detail } = problem;
  return [
    h("div", { class: "outcome bad" }, icon("problem")),
    paragraph(what),
    paragraph(todo, "todo"),
    ...more,
    ...(detail === undefined
      ? []
      : [
          h("details", {}, h("summary", {}, t.details), h("p", { lang: "en", dir: "ltr" }, detail)),
        ]),
  ];
};
