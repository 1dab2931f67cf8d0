/** The asking side of a session: numbers requests, matches replies, hands on events. */
import { MasqError } from "../errors.ts";
import { readIncoming, requestItem } from "./messages.ts";
import type { LocalSession } from "./session.ts";

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface CallerHandlers {
  event(name: string, data: unknown): void;
  /** Called once; every call under way has been rejected before. */
  close(code: number): void;
}

export class Caller {
  readonly #session: LocalSession;
  readonly #waitingById = new Map<number, Waiting>();
  #lastId = 0;

  constructor(session: LocalSession, handlers: CallerHandlers) {
    this.#session = session;
    session.attach({
      message: (item) => {
        const incoming = readIncoming(item);
        if (incoming.type === "event") return handlers.event(incoming.name, incoming.data);
        const waiting = this.#waitingById.get(incoming.id);
        this.#waitingById.delete(incoming.id);
        if (incoming.type === "result") waiting?.resolve(incoming.result);
        else waiting?.reject(incoming.error);
      },
      close: (code) => {
        for (const waiting of this.#waitingById.values()) waiting.reject(lost());
        this.#waitingById.clear();
        handlers.close(code);
      },
      drain: () => {},
    });
  }

  /** Calls made and not yet answered. */
  get underWay(): number {
    return this.#waitingById.size;
  }

  /** Rejects with the store's MasqError, or MASQ_STORE_UNREACHABLE when the connection goes first. */
  call(method: string, params: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#session.isClosed) {
        reject(lost());
        return;
      }
      this.#lastId += 1;
      // Throwing rejects the promise, and nobody waits for an answer then.
      this.#session.send(requestItem({ id: this.#lastId, method, params }));
      this.#waitingById.set(this.#lastId, { resolve, reject });
    });
  }

  close(code: number): void {
    this.#session.close(code);
  }
}

const lost = (): MasqError =>
  new MasqError("MASQ_STORE_UNREACHABLE", "The connection to the store was lost.");
