/** What is known of how safe the data are, said honestly. */
import type { StorageKind } from "../../use-store.ts";
import { h } from "../dom.ts";
import type { Known, Screen, Stage } from "../stage.ts";
import { button, paragraph } from "./parts.ts";

const copies = ({ speech, follower }: Known): string => {
  const { safety } = speech.t;
  const devices = follower?.devices ?? [];
  const holding = devices.filter(({ verifiedSince }) => verifiedSince !== undefined).length;
  if (holding > 0) return safety.someCopies(holding, speech.number(holding));
  if (devices.length === 0) return safety.noCopy;
  return safety.unverified(devices.length, speech.number(devices.length));
};

const point = (term: string, ...details: readonly Node[]): HTMLElement =>
  h("div", {}, h("dt", {}, term), h("dd", {}, ...details));

/** What the browser says, with a button to ask it where that can help. */
const keeping = (stage: Stage): { readonly element: HTMLElement; readonly update: () => void } => {
  const { safety } = stage.known.speech.t;
  const element = h("div", {});
  let shown: StorageKind | undefined;
  const ask = async (): Promise<void> => {
    shown = await stage.known.follower?.client.persist();
    const answer = shown === "persistent" ? safety.granted : safety.refused;
    element.replaceChildren(paragraph(answer, "answer"));
    stage.say(answer);
  };
  const update = (): void => {
    const { storage } = stage.known.follower ?? {};
    if (storage === undefined || storage === shown) return;
    shown = storage;
    element.replaceChildren(
      ...(storage === "persistent"
        ? [paragraph(safety.persisted)]
        : [paragraph(safety.notPersisted), button(safety.ask, () => void ask())]),
    );
  };
  return { element, update };
};

export const safetyScreen = (stage: Stage): Screen => {
  const { safety } = stage.known.speech.t;
  const size = paragraph("");
  const copied = paragraph("");
  const isStore = stage.known.follower?.client.mode === "store";
  const kept = keeping(stage);
  const update = (): void => {
    const { speech, follower } = stage.known;
    const { entries, bytes } = follower?.size ?? {};
    size.textContent =
      entries === undefined || bytes === undefined
        ? ""
        : safety.size(entries, speech.number(entries), speech.bytes(bytes));
    copied.textContent = copies(stage.known);
    kept.update();
  };
  update();
  return {
    title: safety.action,
    content: [
      h(
        "dl",
        {},
        point(safety.where, paragraph(isStore ? safety.inStore : safety.here), size),
        point(safety.copies, copied),
        !isStore && point(safety.keeping, kept.element),
        !isStore && point(safety.privateWindow, paragraph(safety.privateWindowWhat)),
        point(safety.sealed, paragraph(safety.sealedWhat)),
      ),
    ],
    update,
  };
};
