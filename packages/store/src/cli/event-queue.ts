/** Events of the store in the order they came, for a command that takes them one at a time. */
import { MasqError } from "@masq/core";

interface Waiter {
  readonly name: string;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: MasqError) => void;
}

/** A command asks for few events; those it never takes must not pile up. */
const MAX_KEPT = 256;

export class EventQueue {
  #kept: { readonly name: string; readonly data: unknown }[] = [];
  #waiter: Waiter | undefined;
  #isEnded = false;

  add(name: string, data: unknown): void {
    if (this.#waiter?.name === name) {
      this.#waiter.resolve(data);
      this.#waiter = undefined;
    } else if (this.#kept.length < MAX_KEPT) this.#kept.push({ name, data });
  }

  /** The next event of this name. One caller at a time. */
  next(name: string): Promise<unknown> {
    const at = this.#kept.findIndex((event) => event.name === name);
    if (at >= 0) return Promise.resolve(this.#kept.splice(at, 1)[0]?.data);
    return new Promise((resolve, reject) => {
      if (this.#isEnded) reject(lost());
      else this.#waiter = { name, resolve, reject };
    });
  }

  /** No more will come. */
  end(): void {
    this.#isEnded = true;
    this.#waiter?.reject(lost());
    this.#waiter = undefined;
  }
}

const lost = (): MasqError =>
  new MasqError(
    "MASQ_STORE_UNREACHABLE",
    "The store has ended the connection. What was acknowledged is safe.",
  );
