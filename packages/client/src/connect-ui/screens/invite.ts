/** An invitation as the person sees it: the code, the link, the time that is left. */
import type { Invitation } from "../../pairing.ts";
import { h } from "../dom.ts";
import { qrDrawing } from "../qr-drawing.ts";
import type { Screen, Stage } from "../stage.ts";
import { button, paragraph } from "./parts.ts";

const TICK_MS = 1_000;

export const beginInvitation = (stage: Stage): void => stage.pair((flow) => flow.invite());

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

export const invitedScreen = (stage: Stage, { link, qr, expires }: Invitation): Screen => {
  const { speech } = stage.known;
  const { t } = speech;
  const left = h("p", { class: "left", role: "timer" });
  const offline = h("p", { class: "notice" });
  const tick = (): void => {
    left.textContent = t.invite.left(speech.duration(expires.getTime() - Date.now()));
    offline.textContent = navigator.onLine ? "" : t.invite.offline;
  };
  tick();
  const timer = setInterval(tick, TICK_MS);
  const image = qrDrawing(qr, t.invite.qr);
  const field = linkField(link, stage);
  return {
    title: t.invite.action,
    said: t.invite.how,
    content: [
      paragraph(t.invite.how),
      ...(image === undefined ? [] : [h("div", { class: "qr", part: "qr" }, image)]),
      left,
      offline,
      field,
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
