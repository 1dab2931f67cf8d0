/** The steps of a pairing as screens. */
import { h } from "../dom.ts";
import { icon } from "../icons.ts";
import type { PairingStep } from "../pairing-flow.ts";
import type { Screen, Stage } from "../stage.ts";
import { invitedScreen, beginInvitation } from "./invite.ts";
import { linkScreen } from "./link.ts";
import { button, buttons, digits, form, paragraph, problemBody, waiting } from "./parts.ts";

type Asking = Extract<PairingStep, { kind: "asking" }>;

const DIGITS = /^\d{6}$/;

/** The digits shown on the other device are typed: comparing them would be a click without a look. */
const typing = ({ known }: Stage, { answer }: Asking): Node => {
  const { t } = known.speech;
  return form(
    {
      label: t.confirm.type,
      go: t.confirm.yes,
      attributes: { class: "code", inputmode: "numeric", maxlength: "9" },
      take(typed) {
        const code = typed.replaceAll(/\D/g, "");
        if (!DIGITS.test(code)) return t.confirm.sixDigits;
        answer(code);
        return undefined;
      },
    },
    button(t.confirm.no, () => answer(false)),
  ).element;
};

const askingScreen = (stage: Stage, step: Asking): Screen => {
  const { speech } = stage.known;
  const { t } = speech;
  const { attempt, request, answer } = step;
  const name = speech.name(request.name);
  const who = [
    attempt === "invite" ? t.confirm.wants(name) : t.confirm.invites(name),
    ...(request.role === "store" ? [t.confirm.isStore] : []),
    ...(request.isOwnName ? [t.confirm.isOwnName] : []),
    ...(request.isNameTaken ? [t.confirm.isNameTaken] : []),
  ].join(" ");
  const { code } = request;
  const what = request.mustType || code === undefined ? t.confirm.typeWhy : t.confirm.compare;
  return {
    title: t.confirm.title,
    said: [who, what, code?.split("").join(" ")].join(" "),
    content: [
      paragraph(who, "who"),
      paragraph(what),
      ...(request.mustType || code === undefined
        ? [typing(stage, step)]
        : [
            digits(code),
            buttons(
              button(t.confirm.yes, () => answer(true), "primary"),
              button(t.confirm.no, () => answer(false)),
            ),
          ]),
    ],
  };
};

const plain = (stage: Stage, title: string, ...content: readonly Node[]): Screen => ({
  title,
  said: title,
  content: [...content, buttons(button(stage.known.speech.t.cancel, () => stage.home()))],
});

export const pairingScreen = (stage: Stage, step: PairingStep): Screen => {
  const { speech } = stage.known;
  const { t } = speech;
  switch (step.kind) {
    case "starting": {
      const { starting } = step.attempt === "invite" ? t.invite : t.accept;
      const title = step.attempt === "invite" ? t.invite.action : t.accept.title;
      return plain(stage, title, waiting(starting));
    }
    case "inviting":
      return invitedScreen(stage, step.invitation);
    case "asking":
      return askingScreen(stage, step);
    case "leaving":
      return plain(stage, t.confirm.title, waiting(t.confirm.leaving));
    case "agreed": {
      const { code } = step.request;
      const shown = code === undefined ? [] : [paragraph(t.confirm.agreedShown), digits(code)];
      return plain(stage, t.confirm.title, waiting(t.confirm.agreed), ...shown);
    }
    case "paired": {
      const what = t.paired.what(speech.name(step.device.name));
      return {
        title: t.paired.title,
        said: what,
        content: [
          h("div", { class: "outcome good" }, icon("check")),
          paragraph(what),
          buttons(button(t.done, () => stage.home(), "primary")),
        ],
      };
    }
    case "failed": {
      const { title, what, todo } = t.problems[step.problem.key];
      const again =
        step.attempt === "invite"
          ? button(t.invite.action, () => beginInvitation(stage), "primary")
          : button(t.accept.action, () => stage.show(linkScreen(stage)), "primary");
      return {
        title,
        said: `${what} ${todo}`,
        content: [...problemBody(step.problem, speech), buttons(again)],
      };
    }
  }
};
