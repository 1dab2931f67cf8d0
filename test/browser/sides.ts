/** The two devices of a scenario as its steps see them: a page in a profile of its own, or an app on a store. */
import { join } from "node:path";
import { MasqClient, type ConnectOptions } from "@masq/client";
import { runMasq, startStoreProcess } from "@masq/store/testing";
import { collector, type Collector } from "@masq/core/testing";
import { linkOfStore } from "../support/link-of-store.ts";
import type { DrivenBrowser, DrivenPage, Engine } from "./engine.ts";

export interface Given<Input> {
  readonly client: MasqClient;
  readonly input: Input;
}

export interface Side {
  /** Runs on the app's client, wherever that is: `work` can use nothing but what it is given. */
  run<Output>(work: (given: Given<undefined>) => Promise<Output>): Promise<Output>;
  run<Input, Output>(work: (given: Given<Input>) => Promise<Output>, input: Input): Promise<Output>;
  /** An invitation link, whose person says yes. */
  invite(): Promise<string>;
  close(): Promise<void>;
}

export interface SideOptions {
  /** Where the app's page is served. */
  readonly origin: string;
  readonly syncService: string;
  /** Of this side alone, empty at first. */
  readonly directory: string;
}

interface PageGlobals {
  readonly MasqClient: typeof MasqClient;
  readonly told: (toReceive: number) => void;
  client: MasqClient;
}

const openClient = (page: DrivenPage, options: Partial<ConnectOptions>): Promise<void> =>
  page.evaluate(async (given) => {
    const global = globalThis as unknown as PageGlobals;
    global.client = await global.MasqClient.connect({ app: { name: "Notes", url: "/" }, ...given });
    global.client.on("status", ({ devices: [device] }) => {
      if (device?.toReceive !== undefined) global.told(device.toReceive);
    });
  }, options);

/** A browser with one page of an app that holds its data itself. */
export class PageSide implements Side {
  /** What the page was told, in order, of how much is to come. */
  toReceive: Collector<number> = collector();
  readonly #engine: Engine;
  readonly #options: SideOptions;
  #browser!: DrivenBrowser;
  #page!: DrivenPage;

  private constructor(engine: Engine, options: SideOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  static async open(engine: Engine, options: SideOptions): Promise<PageSide> {
    const side = new PageSide(engine, options);
    await side.#open();
    return side;
  }

  run<Input, Output>(
    work: (given: Given<Input>) => Promise<Output>,
    input?: Input,
  ): Promise<Output> {
    // As text: the client is the page's own, and not every driver hands such a thing to a function beside other input.
    const given = `{ client: globalThis.client, input: ${JSON.stringify(input)} }`;
    return this.#page.evaluate(`(${work.toString()})(${given})`) as Promise<Output>;
  }

  invite(): Promise<string> {
    return this.run(async ({ client }) => {
      const invitation = await client.pairing.invite({ confirm: () => true });
      invitation.done.catch(() => {});
      return invitation.link;
    });
  }

  async reload(): Promise<void> {
    this.toReceive = collector();
    await this.#page.reload();
    await openClient(this.#page, { syncService: this.#options.syncService });
  }

  /** Ends the whole browser as a crash would, and opens it again. */
  async kill(): Promise<void> {
    await this.#browser.kill();
    await this.#open();
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async #open(): Promise<void> {
    const { directory, origin, syncService } = this.#options;
    this.toReceive = collector();
    this.#browser = await this.#engine.launch(directory);
    this.#page = await this.#browser.newPage();
    await this.#page.exposeFunction("told", (count: number) => this.toReceive.push(count));
    await this.#page.goto(origin);
    await openClient(this.#page, { syncService });
  }
}

const APP_ID = "org.example.beside";

/** A store in a process of its own, with another app that uses the page's namespace. */
export const openStoreSide = async (options: SideOptions): Promise<Side> => {
  const { origin, syncService } = options;
  const directory = join(options.directory, "store");
  const store = await startStoreProcess({ directory, syncService });
  const client = await MasqClient.connect({
    app: { name: "Beside", id: APP_ID },
    directory: join(options.directory, "app"),
    namespace: origin,
    store: { url: store.url },
    onConsent: ({ code }) =>
      void runMasq(directory, "apps", "allow", `app:${APP_ID}`, "--code", code),
  });
  return {
    run: async <Input, Output>(
      work: (given: Given<Input>) => Promise<Output>,
      input?: Input,
    ): Promise<Output> => work({ client, input: input as Input }),
    invite: () => linkOfStore(directory, origin),
    async close() {
      await client.close();
      await store.stop();
    },
  };
};
