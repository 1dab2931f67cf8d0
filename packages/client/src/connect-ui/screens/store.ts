/** The offer to keep the data in a store on this computer. */
import { h } from "../dom.ts";
import { icon } from "../icons.ts";
import { linkInstead, problemOf, problemOfReason, type Problem } from "../problem.ts";
import type { Screen, Stage } from "../stage.ts";
import { beginInvitation } from "./invite.ts";
import { button, buttons, command, digits, paragraph, problemBody, waiting } from "./parts.ts";

const doneScreen = (stage: Stage): Screen => {
  const { store, done } = stage.known.speech.t;
  return {
    title: store.doneTitle,
    said: store.done,
    content: [
      h("div", { class: "outcome good" }, icon("check")),
      paragraph(store.done),
      buttons(button(done, () => stage.home(), "primary")),
    ],
  };
};

const failedScreen = (stage: Stage, problem: Problem): Screen => {
  const { speech } = stage.known;
  const { t } = speech;
  const { title, what, todo } = t.problems[problem.key];
  const instead = linkInstead(problem.key);
  const isFirst = instead === "first";
  const again = button(t.store.again, () => void move(stage), isFirst ? "secondary" : "primary");
  const link = button(
    t.invite.storeAction,
    () => beginInvitation(stage, "inviteStore"),
    isFirst ? "primary" : "secondary",
  );
  return {
    title,
    said: `${what} ${todo}`,
    content: [
      ...problemBody(
        problem,
        speech,
        ...(instead === "none" ? [] : [paragraph(t.store.linkInstead)]),
      ),
      buttons(...(isFirst ? [link, again] : [again, instead === "also" && link])),
    ],
  };
};

/** Moves the data. Leaving gives it up as long as the store has not been given anything; after that it goes on. */
const move = async (stage: Stage): Promise<void> => {
  const { speech, follower } = stage.known;
  const { t, number, time } = speech;
  const given = new AbortController();
  let hasLeft = false;
  let isMoving = false;
  const body = h("div", { class: "stack" }, waiting(t.store.working));
  stage.show({
    title: t.store.action,
    said: t.store.working,
    content: [body],
    leave() {
      hasLeft = true;
      if (!isMoving) given.abort();
    },
  });
  const end = (screen: Screen): void => {
    if (!hasLeft) stage.show(screen);
  };
  try {
    const result = await follower?.client.useStore({
      signal: given.signal,
      onConsent({ code, expires }) {
        body.replaceChildren(
          paragraph(t.store.compare),
          digits(code),
          paragraph(t.store.how),
          command(`npx masq apps allow ${location.origin} `, `--code ${code}`),
          paragraph(t.store.until(time(expires, new Date())), "hint"),
          buttons(button(t.cancel, () => stage.home())),
        );
        if (!hasLeft) stage.say(`${t.store.compare} ${code.split("").join(" ")}`);
      },
      onProgress({ toSend }) {
        if (!isMoving && !hasLeft) stage.say(t.store.movingHow);
        isMoving = true;
        const text = t.store.moving(toSend, number(toSend));
        body.replaceChildren(waiting(text), paragraph(t.store.movingHow, "hint"));
      },
    });
    if (result?.used === false) end(failedScreen(stage, problemOfReason(result.reason)));
    else end(doneScreen(stage));
  } catch (error) {
    end(failedScreen(stage, problemOf(error, "store")));
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
