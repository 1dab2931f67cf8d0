/**
 * Calls to a store that may hang: its connections stay open then, and nothing comes. When calls are under way and
 * nothing at all was heard for a while, the session is ended, and they reject as after a lost connection.
 */
import {
  Caller,
  CLOSE_TIMEOUT,
  type CallerHandlers,
  type Clock,
  type LocalSession,
} from "@masq/core";

/**
 * Silence is counted in looks rather than read off a clock: a computer that slept, or a page that was held up, wakes to
 * a clock far ahead before it is handed what has come meanwhile.
 */
const LOOKS = 4;

export interface GuardedCallerOptions {
  readonly session: LocalSession;
  readonly clock: Clock;
  /** How long the store may say nothing while calls are under way. */
  readonly silenceMs: number;
  readonly handlers: CallerHandlers & {
    /** Calls are under way, and nothing was heard for so many milliseconds more. */
    silent(ms: number): void;
  };
}

export class GuardedCaller {
  readonly #options: GuardedCallerOptions;
  readonly #caller: Caller;
  #silentLooks = 0;
  #cancelLook: (() => void) | undefined;

  constructor(options: GuardedCallerOptions) {
    this.#options = options;
    this.#caller = new Caller(options.session, {
      event: (name, data) => options.handlers.event(name, data),
      close: (code) => {
        this.#cancelLook?.();
        options.handlers.close(code);
      },
    });
  }

  /** Rejects with the store's MasqError, or MASQ_STORE_UNREACHABLE when the connection goes or the store hangs. */
  call(method: string, params: unknown): Promise<unknown> {
    if (this.#cancelLook === undefined && !this.#options.session.isClosed) this.#lookLater();
    return this.#caller.call(method, params);
  }

  /** A call that waits for a person: silence says nothing about the store. */
  callWithoutHurry(method: string, params: unknown): Promise<unknown> {
    return this.#caller.call(method, params);
  }

  #lookLater(): void {
    const { session, clock, silenceMs } = this.#options;
    const before = session.received;
    this.#cancelLook = clock.setTimer(silenceMs / LOOKS, () => {
      this.#cancelLook = undefined;
      const isWaiting = this.#caller.underWay > 0 && !session.isClosed;
      const isSilent = isWaiting && session.received === before;
      this.#silentLooks = isSilent ? this.#silentLooks + 1 : 0;
      if (isSilent) this.#options.handlers.silent(silenceMs / LOOKS);
      if (this.#silentLooks === LOOKS) session.abandon(CLOSE_TIMEOUT);
      else if (isWaiting) this.#lookLater();
    });
  }
}
