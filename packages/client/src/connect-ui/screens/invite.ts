/** An invitation as the person sees it: the code, the link, the time that is left. */
import { h } from "../dom.ts";
import type { PairingStep } from "../pairing-flow.ts";
import type { PairingAttempt } from "../problem.ts";
import { qrDrawing } from "../qr-drawing.ts";
import type { Screen, Stage } from "../stage.ts";
import type { Speech } from "../text/speech.ts";
import { button, command, paragraph } from "./parts.ts";

type Inviting = Extract<PairingStep, { kind: "inviting" }>;

const TICK_MS = 1_000;

export const beginInvitation = (stage: Stage, attempt: "invite" | "inviteStore"): void =>
  stage.pair((flow) => flow.invite(attempt));

export const invitationTitle = (attempt: PairingAttempt, { t }: Speech): string =>
  attempt === "inviteStore" ? t.invite.storeTitle : t.invite.action;

/** The link is the field's value, which is in no attribute, and leaves with the screen. */
const linkField = (link: string, stage: Stage): HTMLElement => {
  const { t } = stage.known.speech;
  const field = h("input", {
    id: "link",
    part: "field",
    readonly: true,
    dir: "ltr",
    spellcheck: "false",
    autocomplete: "off",
    translate: "no",
    focus: () => field.select(),
  });
  field.value = link;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      copying.lastChild?.replaceWith(t.invite.copied);
      stage.say(t.invite.copied);
    } catch {
      field.focus();
      stage.say(t.invite.copyFailed);
    }
  };
  const copying = button(t.invite.copy, () => void copy(), "secondary", "copy");
  return h(
    "div",
    { class: "field" },
    h("label", { for: "link" }, t.invite.link),
    h("div", { class: "beside" }, field, copying),
  );
};

/** What a person does with the link. */
const howTo = (attempt: PairingAttempt, { t }: Speech): HTMLElement[] =>
  attempt === "inviteStore"
    ? [paragraph(t.invite.storeHow), command("npx masq join"), paragraph(t.invite.storeAsks)]
    : [paragraph(t.invite.how)];

/** Why nobody can come now. */
const whyApart = ({ known: { speech, follower } }: Stage): string => {
  const { offline, unreachable } = speech.t.invite;
  if (!navigator.onLine) return offline;
  return follower?.status?.unreachable === undefined ? "" : unreachable;
};

export const invitedScreen = (stage: Stage, { attempt, invitation }: Inviting): Screen => {
  const { link, qr, expires } = invitation;
  const { speech } = stage.known;
  const { t } = speech;
  const how = howTo(attempt, speech);
  const left = h("p", { class: "left", role: "timer" });
  const apart = h("p", { class: "notice" });
  const tick = (): void => {
    left.textContent = t.invite.left(speech.duration(expires.getTime() - Date.now()));
    apart.textContent = whyApart(stage);
  };
  tick();
  const timer = setInterval(tick, TICK_MS);
  const image = qrDrawing(qr, t.invite.qr);
  const picture = image === undefined ? [] : [h("div", { class: "qr", part: "qr" }, image)];
  const field = linkField(link, stage);
  return {
    title: invitationTitle(attempt, speech),
    said: how.map(({ textContent }) => textContent).join(" "),
    content: [
      ...how,
      // A computer is given the link by pasting it.
      ...(attempt === "inviteStore"
        ? [field, left, apart, ...picture]
        : [...picture, left, apart, field]),
      paragraph(t.invite.secret, "hint"),
    ],
    leave() {
      clearInterval(timer);
      // Whoever still holds on to the nodes finds no secret in them.
      image?.replaceChildren();
      for (const input of field.querySelectorAll("input")) input.value = "";
    },
  };
};
