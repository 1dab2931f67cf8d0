/** A browser as the tests that run in several of them see it, whatever drives it. */

/** A tab. Functions run in the page, and can use nothing but what they are given. */
export interface DrivenPage {
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  close(): Promise<void>;
  /** Makes a function of the test's a global of this page and of all it loads later. */
  exposeFunction(name: string, told: (...input: never[]) => unknown): Promise<unknown>;
  /** The value of an expression, awaited; values come as JSON has them. */
  evaluate(expression: string): Promise<unknown>;
  evaluate<Output>(work: () => Output): Promise<Awaited<Output>>;
  evaluate<Input, Output>(work: (input: Input) => Output, input: Input): Promise<Awaited<Output>>;
}

export interface DrivenBrowser {
  newPage(): Promise<DrivenPage>;
  /** Its person lets pages of this origin keep their data for good. */
  allowPersistence(origin: string): Promise<void>;
  /** Ends it as a crash of the whole browser would; resolves when it is gone. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /** Where it is on this machine; undefined where it is not. */
  readonly path: string | undefined;
  /** Headless, with its profile in this directory: what its pages keep goes to the disk. */
  launch(directory: string): Promise<DrivenBrowser>;
}

/** A program of the machine that a test needs. */
export type Needed = Pick<Engine, "name" | "path">;

/** The options of a test that needs these programs, and what its name says where one is missing. */
export const needing = (
  ...programs: readonly Needed[]
): { readonly isSkipped: boolean; readonly suffix: string } => {
  const missing = programs.filter(({ path }) => path === undefined).map(({ name }) => name);
  const isSkipped = missing.length > 0;
  return {
    isSkipped,
    suffix: isSkipped ? `(skipped: no ${missing.join(" and no ")} on this machine)` : "",
  };
};
