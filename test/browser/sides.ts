/** The two devices of a scenario as its steps see them: a page in a profile of its own, or an app on a store. */
import { join } from "node:path";
import { MasqClient, type ConnectOptions } from "@masq/client";
import { runMasq, startStoreProcess } from "@masq/store/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { collector, type Collector } from "@masq/core/testing";
import { linkOfStore } from "../support/link-of-store.ts";
import { launchProfile } from "./browser.ts";

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

const openClient = (page: Page, options: Partial<ConnectOptions>): Promise<void> =>
  page.evaluate(async (given) => {
    const global = globalThis as unknown as PageGlobals;
    global.client = await global.MasqClient.connect({ app: { name: "Notes", url: "/" }, ...given });
    global.client.on("status", ({ devices: [device] }) => {
      if (device?.toReceive !== undefined) global.told(device.toReceive);
    });
  }, options);

/** Of the browser itself, not of one of its pages. */
const pidOf = async (context: BrowserContext): Promise<number> => {
  const session = await (context.browser() as Browser).newBrowserCDPSession();
  const { processInfo } = (await session.send("SystemInfo.getProcessInfo")) as {
    readonly processInfo: readonly { readonly type: string; readonly id: number }[];
  };
  return processInfo.find(({ type }) => type === "browser")?.id as number;
};

/** A browser with one page of an app that holds its data itself. */
export class PageSide implements Side {
  /** What the page was told, in order, of how much is to come. */
  toReceive: Collector<number> = collector();
  readonly #options: SideOptions;
  #context!: BrowserContext;
  #page!: Page;

  private constructor(options: SideOptions) {
    this.#options = options;
  }

  static async open(options: SideOptions): Promise<PageSide> {
    const side = new PageSide(options);
    await side.#open();
    return side;
  }

  async run<Input, Output>(
    work: (given: Given<Input>) => Promise<Output>,
    input?: Input,
  ): Promise<Output> {
    const client = await this.#page.evaluateHandle(
      () => (globalThis as unknown as PageGlobals).client,
    );
    return this.#page.evaluate(work as never, { client, input } as never);
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
    const closed = new Promise((resolve) => this.#context.once("close", resolve));
    process.kill(await pidOf(this.#context), "SIGKILL");
    await closed;
    await this.#open();
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  async #open(): Promise<void> {
    const { directory, origin, syncService } = this.#options;
    this.toReceive = collector();
    this.#context = await launchProfile(directory);
    this.#page = await this.#context.newPage();
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
