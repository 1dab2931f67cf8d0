/** The dialog: one screen at a time, with the focus on its title, and nothing left in it when it is closed. */
import type { Device } from "../device-status.ts";
import { h } from "./dom.ts";
import { icon } from "./icons.ts";
import { PairingFlow, type PairingStep } from "./pairing-flow.ts";
import { homeScreen } from "./screens/home.ts";
import { anotherLinkScreen, openedScreen, ownLinkScreen } from "./screens/opened.ts";
import { pairingScreen } from "./screens/pairing.ts";
import type { Known, Screen, Stage } from "./stage.ts";

export interface DialogOptions {
  readonly known: () => Known;
  readonly opened: () => void;
  readonly paired: (device: Device) => void;
}

export class Dialog implements Stage {
  readonly element: HTMLDialogElement;
  readonly #options: DialogOptions;
  readonly #title = h("h2", { id: "title", tabindex: "-1", part: "title" });
  readonly #body = h("div", { class: "body", part: "body" });
  readonly #said = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  readonly #back: HTMLButtonElement;
  readonly #shut: HTMLButtonElement;
  #screen: Screen | undefined;
  #flow: PairingFlow | undefined;

  constructor(options: DialogOptions) {
    this.#options = options;
    const round = (name: "back" | "close", click: () => void): HTMLButtonElement =>
      h("button", { type: "button", class: "round", part: name, click }, icon(name));
    this.#back = round("back", () => (this.#screen?.back ?? (() => this.home()))());
    this.#shut = round("close", () => this.close());
    this.element = h(
      "dialog",
      { "aria-labelledby": "title", part: "dialog", close: () => this.#leave() },
      h("header", { part: "header" }, this.#back, this.#title, this.#shut),
      this.#body,
      this.#said,
    );
  }

  get known(): Known {
    return this.#options.known();
  }

  get isOpen(): boolean {
    return this.element.open;
  }

  show(screen: Screen): void {
    if (!this.#open()) return;
    this.#screen?.leave?.();
    this.#screen = screen;
    const { t, language } = this.known.speech;
    this.element.lang = language;
    this.element.dir = t.direction;
    this.#back.setAttribute("aria-label", t.back);
    this.#shut.setAttribute("aria-label", t.close);
    this.#back.hidden = screen.isFirst === true;
    this.#title.textContent = screen.title;
    this.#body.replaceChildren(...screen.content);
    this.#body.scrollTop = 0;
    this.#title.focus();
    if (screen.said !== undefined) this.say(screen.said);
  }

  home(): void {
    this.offer(homeScreen(this));
  }

  offer(screen: Screen): void {
    this.#endFlow();
    this.show(screen);
  }

  close(): void {
    this.#leave();
    if (this.isOpen) this.element.close();
  }

  pair(begin: (flow: PairingFlow) => Promise<void>): void {
    const { follower } = this.known;
    if (follower === undefined) return;
    this.#endFlow();
    const flow = new PairingFlow(follower.client.pairing, (step) => this.#follow(step));
    this.#flow = flow;
    void begin(flow);
  }

  /** An invitation link was met: asks about it, and ends nothing that is under way before the person wants it. */
  meet(link: string): void {
    const flow = this.#flow;
    if (flow?.step === undefined) return this.offer(openedScreen(this, link));
    const back = (): void => {
      if (flow.step === undefined) this.home();
      else this.show(pairingScreen(this, flow.step));
    };
    if (!flow.isAbout(link)) this.show(anotherLinkScreen(this, link, back));
    else if (flow.step.attempt !== "accept") this.show(ownLinkScreen(this, back));
  }

  say(text: string): void {
    // A new element each time: the same text said twice is heard twice.
    this.#said.replaceChildren(h("p", {}, text));
  }

  paired(device: Device): void {
    void this.known.follower?.refresh();
    this.#options.paired(device);
  }

  /** What is known differs. */
  update(): void {
    this.#screen?.update?.();
  }

  #open(): boolean {
    if (this.isOpen) return true;
    if (!this.element.isConnected) return false;
    this.element.showModal();
    this.#options.opened();
    return true;
  }

  #follow(step: PairingStep): void {
    // A question about another link stays until it is answered; what this step shows can wait.
    if (step.kind === "inviting" && this.#screen?.back !== undefined) return;
    this.show(pairingScreen(this, step));
    if (step.kind === "paired") this.paired(step.device);
  }

  #endFlow(): void {
    this.#flow?.cancel();
    this.#flow = undefined;
  }

  /** Ends what is under way, and takes links and digits out of the page. Idempotent. */
  #leave(): void {
    this.#endFlow();
    this.#screen?.leave?.();
    this.#screen = undefined;
    this.#body.replaceChildren();
    this.#said.replaceChildren();
  }
}
