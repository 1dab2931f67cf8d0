/** A link by which the page was opened: nothing happens with it before the person wants it. */
import type { Problem } from "../problem.ts";
import type { Screen, Stage } from "../stage.ts";
import { button, buttons, paragraph, problemBody } from "./parts.ts";

const OWN: Problem = { key: "ownLink", detail: undefined };

export const openedScreen = (stage: Stage, link: string): Screen => {
  const { t } = stage.known.speech;
  return {
    title: t.accept.opened,
    said: `${t.accept.openedWhat} ${t.accept.openedHow}`,
    content: [
      paragraph(t.accept.openedWhat),
      paragraph(t.accept.openedHow, "notice"),
      buttons(
        button(t.accept.connect, () => stage.pair((flow) => flow.accept(link)), "primary"),
        button(t.accept.notNow, () => stage.close()),
      ),
    ],
  };
};

/** It is the link that this page shows itself. */
export const ownLinkScreen = (stage: Stage, back: () => void): Screen => {
  const { speech } = stage.known;
  const { title, what, todo } = speech.t.problems.ownLink;
  return {
    title,
    said: `${what} ${todo}`,
    content: [
      // Nothing went wrong, so the sign for that is left out.
      ...problemBody(OWN, speech).slice(1),
      buttons(button(speech.t.accept.backToLink, back, "primary")),
    ],
    back,
  };
};

/** Another pairing is under way, which this one would end. */
export const anotherLinkScreen = (stage: Stage, link: string, back: () => void): Screen => {
  const { t } = stage.known.speech;
  return {
    title: t.accept.another,
    said: t.accept.anotherWhat,
    content: [
      paragraph(t.accept.anotherWhat),
      buttons(
        button(t.accept.goOn, back, "primary"),
        button(t.accept.useAnother, () => stage.offer(openedScreen(stage, link))),
      ),
    ],
    back,
  };
};
