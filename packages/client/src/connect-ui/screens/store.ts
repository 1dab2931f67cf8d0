/** The offer to keep the data in a store on this computer. */
import { h } from "../dom.ts";
import { icon } from "../icons.ts";
import { problemOf } from "../problem.ts";
import type { Screen, Stage } from "../stage.ts";
import { button, buttons, digits, paragraph, problemBody, waiting } from "./parts.ts";

/** Moves the data; what is shown meanwhile is gone when the person has left. */
const move = async (stage: Stage): Promise<void> => {
  const { speech, follower } = stage.known;
  const { t } = speech;
  const title = t.store.action;
  let isShown = true;
  const show = (screen: Omit<Screen, "leave">): void => {
    if (!isShown) return;
    stage.show({ ...screen, leave: () => (isShown = false) });
    isShown = true;
  };
  const body = h("div", { class: "stack" }, waiting(t.store.working));
  show({ title, said: t.store.working, content: [body] });
  try {
    await follower?.client.useStore?.({
      onConsent({ code }) {
        body.replaceChildren(paragraph(t.store.compare), digits(code));
        if (isShown) stage.say(`${t.store.compare} ${code.split("").join(" ")}`);
      },
    });
    show({
      title: t.store.doneTitle,
      said: t.store.done,
      content: [
        h("div", { class: "outcome good" }, icon("check")),
        paragraph(t.store.done),
        buttons(button(t.done, () => stage.home(), "primary")),
      ],
    });
  } catch (error) {
    const problem = problemOf(error, "store");
    const { title: what } = t.problems[problem.key];
    show({
      title: what,
      said: t.problems[problem.key].what,
      content: [
        ...problemBody(problem, speech),
        buttons(button(t.store.go, () => void move(stage), "primary")),
      ],
    });
  }
};

export const storeScreen = (stage: Stage): Screen => {
  const { t } = stage.known.speech;
  return {
    title: t.store.action,
    content: [
      paragraph(t.store.what),
      h("ul", { class: "points" }, ...t.store.points.map((point) => h("li", {}, point))),
      paragraph(t.store.needs, "hint"),
      buttons(button(t.store.go, () => void move(stage), "primary")),
    ],
  };
};
