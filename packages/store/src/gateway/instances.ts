/** Client instances: which connection speaks for each, and the dots of their recent writes, kept over a reconnect. */
import { OwnWrites, type NamespaceId } from "@masq/core";

const MAX_INSTANCES = 1024;

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
    this.#forgetOldest();
    return {
      ownWrites: instance.ownWrites,
      leave: () => {
        if (instance.replace === replace) instance.replace = undefined;
      },
    };
  }

  #forgetOldest(): void {
    for (const [name, instance] of this.#instanceById) {
      if (this.#instanceById.size <= MAX_INSTANCES) return;
      if (instance.replace === undefined) this.#instanceById.delete(name);
    }
  }
}
