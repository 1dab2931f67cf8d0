/** Defines `<masq-connect>`. To be loaded when it is wanted: nothing else of the client needs it. */
import { MasqConnectElement } from "./element.ts";

export type { ConnectableClient } from "./connectable.ts";
export { MasqConnectElement } from "./element.ts";

const NAME = "masq-connect";

declare global {
  interface HTMLElementTagNameMap {
    readonly "masq-connect": MasqConnectElement;
  }
}

if (globalThis.customElements !== undefined && customElements.get(NAME) === undefined)
  customElements.define(NAME, MasqConnectElement);
