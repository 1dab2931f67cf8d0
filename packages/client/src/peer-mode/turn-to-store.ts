/** When an app that holds its data itself turns to a store: by a call, or because another tab has, or once did. */
import { peerPlatform } from "#peer-platform";
import { platform } from "#platform";
import type { Connected, Way } from "../connected.ts";
import type { AttachRequest } from "../link/source.ts";
import type { UseStoreOptions, UseStoreResult } from "../use-store.ts";
import { Adoption, type AdoptionOptions } from "./adoption.ts";

export class TurnToStore {
  readonly #options: AdoptionOptions;
  readonly #adoption: Adoption;
  #connected: Connected | undefined;
  #using: Promise<UseStoreResult> | undefined;
  #isEnded = false;

  constructor(options: AdoptionOptions) {
    this.#options = options;
    this.#adoption = new Adoption(options);
  }

  /** The client holds its data itself now. */
  entered(connected: Connected): void {
    this.#connected = connected;
    void this.#look();
  }

  /** One at a time: who asks meanwhile is told the same. */
  useStore(
    way: Way,
    connected: Connected,
    options: Partial<UseStoreOptions>,
  ): Promise<UseStoreResult> {
    this.#using ??= this.#useStore(way, connected, options).finally(() => {
      this.#using = undefined;
    });
    return this.#using;
  }

  /** Listens on each connection to the holder for another tab that has given the data to a store. */
  follow(request: AttachRequest): AttachRequest {
    // Or it had, before there was this connection.
    void this.#look();
    const event = (name: string, data: unknown): void => {
      if (name === "adopted") this.#goAfter();
      else request.handlers.event(name, data);
    };
    return { ...request, handlers: { ...request.handlers, event } };
  }

  /** Goes on telling the app's other devices of the store that the client is at; then the data held here rest. */
  async tell(way: Way, connected: Connected): Promise<void> {
    connected.left = way;
    await this.#adoption.tell(connected.link);
    if (connected.left !== way) return;
    connected.left = undefined;
    await way.source.close();
  }

  end(): void {
    this.#isEnded = true;
    this.#adoption.end();
  }

  async #useStore(
    way: Way,
    connected: Connected,
    options: Partial<UseStoreOptions>,
  ): Promise<UseStoreResult> {
    if (connected.link.end !== undefined) throw connected.link.end;
    const reason = await this.#adoption.give(connected.link, options, (store) => {
      connected.left = way;
      connected.way = store;
    });
    connected.noStore = reason;
    connected.changed();
    return reason === undefined ? { used: true } : { used: false, reason };
  }

  /** The data may be a store's by now, or were to be when the app last ran. */
  async #look(): Promise<void> {
    const { identity, directory } = this.#options;
    const grant = await platform.readGrant(identity, directory).catch(() => undefined);
    if (grant === undefined || this.#connected === undefined) return;
    const watch = await peerPlatform.watchLoopback();
    watch.end();
    // A browser that would ask the person waits for their click.
    if (!watch.mayAsk) this.#goAfter();
  }

  #goAfter(): void {
    const connected = this.#connected;
    if (connected === undefined || this.#isEnded || connected.link.end !== undefined) return;
    const { way } = connected;
    // Without a store to be found now it goes on as it is, until the next connection or a click.
    if (way.mode === "peer") way.useStore(connected, {}).catch(() => {});
  }
}
