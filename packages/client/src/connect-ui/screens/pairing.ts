/** The steps of a pairing as screens. */
import { h } from "../dom.ts";
import { icon } from "../icons.ts";
import type { PairingStep } from "../pairing-flow.ts";
import type { Screen, Stage } from "../stage.ts";
import { beginInvitation, invitationTitle, invitedScreen } from "./invite.ts";
import { linkScreen } from "./link.ts";
import { button, buttons, digits, form, paragraph, problemBody, waiting } from "./parts.ts";

type Asking = Extract<PairingStep, { kind: "asking" }>;

type Failed = Extract<PairingStep, { kind: "failed" }>;

/** Another device that is there answers within a second or two. */
const NOBODY_YET_MS = 4_000;

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
    attempt === "accept" ? t.confirm.invites(name) : t.confirm.wants(name),
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

/** Says after a while what may be wrong, and goes on. */
const lookingScreen = (stage: Stage): Screen => {
  const { t } = stage.known.speech;
  const hint = paragraph("", "notice");
  const timer = setTimeout(() => {
    hint.textContent = t.accept.nobodyYet;
    stage.say(t.accept.nobodyYet);
  }, NOBODY_YET_MS);
  return {
    ...plain(stage, t.accept.title, waiting(t.accept.starting), hint),
    leave: () => clearTimeout(timer),
  };
};

const nextButton = (stage: Stage, { attempt, problem }: Failed): HTMLElement => {
  const { t } = stage.known.speech;
  // What is to be done is done elsewhere.
  if (problem.key === "ownLink") return button(t.done, () => stage.close(), "primary");
  return attempt === "accept"
    ? button(t.accept.action, () => stage.show(linkScreen(stage)), "primary")
    : button(t.invite.action, () => beginInvitation(stage, attempt), "primary");
};

export const pairingScreen = (stage: Stage, step: PairingStep): Screen => {
  const { speech } = stage.known;
  const { t } = speech;
  switch (step.kind) {
    case "starting":
      return step.attempt === "accept"
        ? lookingScreen(stage)
        : plain(stage, invitationTitle(step.attempt, speech), waiting(t.invite.starting));
    case "inviting":
      return invitedScreen(stage, step);
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
      return {
        title,
        said: `${what} ${todo}`,
        content: [...problemBody(step.problem, speech), buttons(nextButton(stage, step))],
      };
    }
  }
};
