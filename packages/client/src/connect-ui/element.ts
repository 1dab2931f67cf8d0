/** `<masq-connect>`: a button that shows how it stands with the person's data, and a dialog to do something about it. */
import type { Device } from "../device-status.ts";
import type { ConnectableClient } from "./connectable.ts";
import { Dialog } from "./dialog.ts";
import { h } from "./dom.ts";
import { Follower } from "./follower.ts";
import { glanceOf, iconOf, moodOf, type GlanceKind } from "./glance.ts";
import { icon } from "./icons.ts";
import { problemOf, type Problem } from "./problem.ts";
import { problemBody } from "./screens/parts.ts";
import type { Known } from "./stage.ts";
import { styles } from "./styles.ts";
import { languageOf, speechIn, type Speech } from "./text/speech.ts";

/** Where there are no elements, as on a server, the module can still be loaded. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** What an app may have set before the element was defined. */
const PROPERTIES = ["client", "error", "invitation"] as const;

/**
 * Events, both bubbling: `masq-opened` when the dialog opens; `masq-paired` when a device was paired here, its `detail`
 * being `{ device: Device }`. Attributes: `lang`, `theme` ("light" or "dark") and `compact`. Nothing of it throws.
 */
export class MasqConnectElement extends Base {
  static readonly observedAttributes: readonly string[] = ["lang"];

  readonly #dialog: Dialog;
  readonly #button: HTMLButtonElement;
  readonly #said = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  #client: ConnectableClient | undefined;
  #follower: Follower | undefined;
  #error: unknown;
  #invitation: string | undefined;
  #speech: Speech = speechIn("en");
  #told: GlanceKind | undefined;
  #attached: AbortController | undefined;

  constructor() {
    super();
    this.#dialog = new Dialog({
      known: () => this.#known(),
      opened: () => {
        void this.#follower?.refresh();
        this.#dispatch("masq-opened");
      },
      paired: (device) => this.#dispatch("masq-paired", { device }),
    });
    this.#button = h("button", {
      type: "button",
      class: "glance",
      part: "button",
      "aria-haspopup": "dialog",
      click: () => this.open(),
    });
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styles()];
    root.append(this.#button, this.#said, this.#dialog.element);
  }

  /** The app's client; undefined while there is none. Setting it clears `error`. */
  get client(): ConnectableClient | undefined {
    return this.#client;
  }

  set client(client: ConnectableClient | undefined) {
    this.#client = client;
    this.#error = undefined;
    this.#follow();
  }

  /** Why the app could not connect: shows what happened and what to do. */
  get error(): unknown {
    return this.#error;
  }

  set error(error: unknown) {
    this.#error = error;
    this.#render();
  }

  /**
   * An invitation link by which the page was opened: asks the person, as soon as there is a client, whether to accept it.
   * It holds a secret, so it can be set and not be read.
   */
  set invitation(link: string | undefined) {
    this.#invitation = link;
    this.#offerInvitation();
  }

  open(): void {
    if (this.isConnected && !this.#dialog.isOpen) this.#dialog.home();
  }

  /** Gives up what is under way in the dialog. */
  close(): void {
    this.#dialog.close();
  }

  connectedCallback(): void {
    for (const name of PROPERTIES) this.#takeOver(name);
    this.#attached = new AbortController();
    const { signal } = this.#attached;
    const render = (): void => this.#render();
    addEventListener("online", render, { signal });
    addEventListener("offline", render, { signal });
    // What was deleted meanwhile, perhaps by the person, is noticed by who looks.
    const look = (): void => void (document.hidden || this.#follower?.refresh());
    document.addEventListener("visibilitychange", look, { signal });
    addEventListener("languagechange", () => this.#setLanguage(), { signal });
    const page = new MutationObserver(() => this.#setLanguage());
    page.observe(document.documentElement, { attributeFilter: ["lang"] });
    signal.addEventListener("abort", () => page.disconnect());
    this.#setLanguage();
    this.#follow();
  }

  disconnectedCallback(): void {
    this.#attached?.abort();
    this.#attached = undefined;
    this.#follower?.stop();
    this.#follower = undefined;
    this.#dialog.close();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#setLanguage();
  }

  #takeOver(name: (typeof PROPERTIES)[number]): void {
    const given = Object.getOwnPropertyDescriptor(this, name);
    if (given === undefined) return;
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, given.value);
  }

  #setLanguage(): void {
    const nearest = this.closest("[lang]")?.getAttribute("lang");
    this.#speech = speechIn(languageOf([nearest, ...navigator.languages]));
    this.#render();
  }

  #follow(): void {
    if (this.#attached === undefined) return;
    this.#follower?.stop();
    this.#follower = undefined;
    const client = this.#client;
    if (client !== undefined) {
      try {
        this.#follower = new Follower(client, {
          changed: () => this.#render(),
          isWatched: () => this.#dialog.isOpen,
        });
      } catch (error) {
        this.#error = error;
      }
    }
    this.#render();
    this.#offerInvitation();
  }

  #offerInvitation(): void {
    const link = this.#invitation;
    const { client } = this.#follower ?? {};
    if (link === undefined || client === undefined) return;
    this.#invitation = undefined;
    if (client.mode === "peer") return this.#dialog.meet(link);
    const problem: Problem = { key: "storePairs", detail: undefined };
    const { title } = this.#speech.t.problems.storePairs;
    this.#dialog.offer({ title, content: problemBody(problem, this.#speech) });
  }

  #problem(): Problem | undefined {
    const { status, failure } = this.#follower ?? {};
    const error = this.#error ?? status?.ended ?? failure;
    return error === undefined || error === null ? undefined : problemOf(error, "connect");
  }

  #trouble(): Problem | undefined {
    const { connected, mode, trouble } = this.#follower?.status ?? {};
    if (trouble === undefined || connected !== true) return undefined;
    // A store's own is not a page's, which is begun anew by a reload.
    return problemOf(trouble, mode === "peer" ? "keep" : "store");
  }

  #known(): Known {
    const follower = this.#follower;
    const problem = this.#problem();
    const glance = glanceOf({
      status: follower?.status,
      hasFailed: problem !== undefined,
      isOnline: navigator.onLine,
    });
    const trouble = problem === undefined ? this.#trouble() : undefined;
    return { speech: this.#speech, follower, glance, problem, trouble };
  }

  #render(): void {
    const { glance, speech } = this.#known();
    const { t, language } = speech;
    const { kind, count } = glance;
    const label = t.glance[kind](count, speech.number(count));
    this.#button.lang = language;
    this.#button.dir = t.direction;
    this.#button.className = `glance ${moodOf(glance)} ${kind}`;
    this.#button.replaceChildren(
      icon(iconOf(glance)),
      h("span", { class: "unseen" }, `${t.title}: `),
      h("span", { class: "label", part: "label" }, label),
    );
    this.#dialog.update();
    // Numbers go up and down all the time: only another kind of news is worth saying.
    if (this.#told !== undefined && this.#told !== kind) this.#say(label, language);
    this.#told = kind;
  }

  #say(text: string, language: string): void {
    if (this.#dialog.isOpen) return this.#dialog.say(text);
    this.#said.replaceChildren(h("p", { lang: language }, text));
  }

  #dispatch(name: string, detail?: { readonly device: Device }): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}
