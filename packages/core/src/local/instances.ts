/** Client instances: which connection speaks for each, and the dots of their recent writes, kept over a reconnect. */
import type { NamespaceId } from "../data/ids.ts";
import { OwnWrites } from "./own-writes.ts";

/** Instances without a connection that are still remembered: those that may come back any moment. */
const MAX_AWAY = 64;

interface Instance {
  readonly ownWrites: OwnWrites;
  replace: (() => void) | undefined;
}

export class Instances {
  readonly #instanceById = new Map<string, Instance>();

  /**
   * Makes a connection the one of its client instance. The former one is ended first, so that nothing it still held
   * can be applied after the newer one has asked for the last number.
   */
  join(
    namespace: NamespaceId,
    id: string,
    replace: () => void,
  ): { readonly ownWrites: OwnWrites; readonly leave: () => void } {
    const name = `${namespace} ${id}`;
    const instance = this.#instanceById.get(name) ?? {
      ownWrites: new OwnWrites(),
      replace: undefined,
    };
    instance.replace?.();
    instance.replace = replace;
    // Re-inserted, so that the first of the map is the one unused for longest.
    this.#instanceById.delete(name);
    this.#instanceById.set(name, instance);
    return {
      ownWrites: instance.ownWrites,
      leave: () => {
        if (instance.replace !== replace) return;
        instance.replace = undefined;
        this.#forgetAway();
      },
    };
  }

  #forgetAway(): void {
    const away = [...this.#instanceById].filter(([, { replace }]) => replace === undefined);
    for (const [name] of away.slice(0, -MAX_AWAY)) this.#instanceById.delete(name);
  }
}
