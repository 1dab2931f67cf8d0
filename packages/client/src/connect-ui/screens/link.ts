/** A link that the person has: pasted, or read by the camera. */
import { h } from "../dom.ts";
import { readInvitation } from "../invitation-text.ts";
import type { Problem } from "../problem.ts";
import { canScan, Scanner } from "../scanner.ts";
import type { Screen, Stage } from "../stage.ts";
import { button, form, paragraph } from "./parts.ts";

const FOREIGN: Problem = { key: "foreign", detail: undefined };

/** Accepts the link if it is an invitation to this app; says whether it is any. */
const use = (stage: Stage, text: string, failed: (problem: Problem) => void): boolean => {
  const kind = readInvitation(text, location.origin);
  if (kind === "own") stage.pair((flow) => flow.accept(text));
  if (kind === "foreign") failed(FOREIGN);
  return kind !== "none";
};

const scanPart = (stage: Stage, failed: (problem: Problem) => void) => {
  const { t } = stage.known.speech;
  const element = h("div", { class: "scan" });
  let scanner: Scanner | undefined;
  const stop = (): void => {
    scanner?.stop();
    scanner = undefined;
  };
  const rest = (): void => {
    stop();
    element.replaceChildren(
      button(t.accept.scan, start, "secondary", "camera"),
      paragraph(t.accept.scanHow, "hint"),
    );
  };
  const start = (): void => {
    const note = paragraph(t.accept.scanning, "hint");
    scanner = new Scanner({
      found(text) {
        if (use(stage, text, failed)) return;
        note.textContent = t.accept.notInvitation;
        stage.say(t.accept.notInvitation);
      },
      failed(key) {
        rest();
        failed({ key, detail: undefined });
      },
    });
    element.replaceChildren(scanner.video, note, button(t.accept.stopScan, rest));
    stage.say(t.accept.scanning);
    void scanner.start();
  };
  rest();
  return { element, stop };
};

export const linkScreen = (stage: Stage): Screen => {
  const { t } = stage.known.speech;
  const failed = ({ key }: Problem): void => {
    const { title, what, todo } = t.problems[key];
    fail(`${title}. ${what} ${todo}`);
  };
  const { element, field, fail } = form({
    label: t.accept.field,
    go: t.accept.go,
    attributes: { autocapitalize: "off", enterkeyhint: "go" },
    take: (typed) => (use(stage, typed, failed) ? undefined : t.accept.notInvitation),
  });
  const scan = canScan() ? scanPart(stage, failed) : undefined;
  return {
    title: t.accept.title,
    said: t.accept.how,
    content: [paragraph(t.accept.how), element, ...(scan === undefined ? [] : [scan.element])],
    leave() {
      scan?.stop();
      field.value = "";
    },
  };
};
