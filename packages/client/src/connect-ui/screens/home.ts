/** The first screen: how it stands, the devices, and what can be done. */
import { h } from "../dom.ts";
import { iconOf, moodOf } from "../glance.ts";
import { icon } from "../icons.ts";
import type { Screen, Stage } from "../stage.ts";
import { deviceList } from "./devices.ts";
import { beginInvitation } from "./invite.ts";
import { linkScreen } from "./link.ts";
import { button, buttons, problemBody } from "./parts.ts";
import { safetyScreen } from "./safety.ts";
import { storeScreen } from "./store.ts";

const statusCard = ({ known }: Stage): Node[] => {
  const { speech, glance, problem = known.trouble } = known;
  const { t } = speech;
  const { kind, count } = glance;
  if (problem !== undefined)
    return [h("h3", {}, t.problems[problem.key].title), ...problemBody(problem, speech).slice(1)];
  return [h("h3", {}, t.glance[kind](count, speech.number(count))), h("p", {}, t.meaning[kind])];
};

/** What has happened to the data and would be overlooked otherwise. */
const noticeOf = ({ known: { speech, follower, problem, trouble } }: Stage): string => {
  const { t } = speech;
  if (problem !== undefined || trouble !== undefined) return "";
  if (follower?.isEvicted === true) return t.evicted;
  const { what, todo } = t.problems.storeRevoked;
  return follower?.status?.noStore === "revoked" ? `${what} ${todo}` : "";
};

const row = (text: string, act: () => void): HTMLElement =>
  h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "row", part: "row", click: act },
      h("span", {}, text),
      icon("onward"),
    ),
  );

const actions = (stage: Stage): Node[] => {
  const { speech, follower, problem = stage.known.trouble } = stage.known;
  const { t } = speech;
  // What is there can still be read where there is no space.
  if (problem !== undefined && (problem.key !== "full" || follower === undefined))
    return [buttons(button(t.reload, () => location.reload(), "primary"))];
  if (follower === undefined) return [];
  const { client } = follower;
  const isPeer = client.mode === "peer";
  return [
    ...(isPeer
      ? [
          buttons(
            button(t.invite.action, () => beginInvitation(stage, "invite"), "primary"),
            button(t.accept.action, () => stage.show(linkScreen(stage))),
          ),
        ]
      : []),
    h(
      "ul",
      { class: "rows", role: "list" },
      isPeer && row(t.store.action, () => stage.show(storeScreen(stage))),
      row(t.safety.action, () => stage.show(safetyScreen(stage))),
    ),
  ];
};

/** What decides which actions there are. */
const offerOf = ({ known: { follower, problem, trouble } }: Stage): string =>
  [problem?.key ?? trouble?.key, follower?.client.mode].join(" ");

export const homeScreen = (stage: Stage): Screen => {
  const image = h("div", { "aria-hidden": "true" });
  const card = h("div", {});
  const notice = h("p", { class: "notice" });
  const devices = h("div", { class: "devices" });
  const doing = h("div", { class: "actions" });
  let offer: string | undefined;
  let told: string | undefined;
  const update = (): void => {
    const { glance } = stage.known;
    image.className = `badge ${moodOf(glance)}`;
    image.replaceChildren(icon(iconOf(glance)));
    const { problem = stage.known.trouble } = stage.known;
    // Its details may have been opened, and what else is known changes all the time.
    if (problem === undefined || told !== problem.detail)
      card.replaceChildren(...statusCard(stage));
    told = problem?.detail;
    notice.textContent = noticeOf(stage);
    devices.replaceChildren(...deviceList(stage.known));
    // Left as they are otherwise: one of them may have the focus.
    if (offer === offerOf(stage)) return;
    offer = offerOf(stage);
    doing.replaceChildren(...actions(stage));
  };
  update();
  return {
    title: stage.known.speech.t.title,
    isFirst: true,
    content: [h("div", { class: "status", part: "status" }, image, card), notice, devices, doing],
    update,
  };
};
