/**
 * Apps that wait for the person's answer. Few at a time, each bound to its connection and to a time limit, and an app
 * that was refused has to wait longer each time before it may ask again.
 */
import { ACCESS_TIMEOUT_MS, MasqError, type Clock, type NamespaceId } from "@masq/core";

const MAX_WAITING = 5;
const FIRST_BACK_OFF_MS = 30_000;
const MAX_BACK_OFF_MS = 24 * 60 * 60 * 1000;

export interface AccessRequest {
  readonly identity: NamespaceId;
  /** The name the app gives itself, already made harmless. */
  readonly name: string;
  readonly namespaces: readonly NamespaceId[];
  readonly appKey: Uint8Array;
  /** The digits the person compares. */
  readonly code: string;
  /** Milliseconds since 1970. */
  readonly asked: number;
}

interface Waiting {
  readonly request: AccessRequest;
  readonly settle: (error: MasqError | undefined) => void;
}

interface Refusals {
  readonly count: number;
  /** Monotonic time from which it may ask again. */
  readonly until: number;
}

export class AccessRequests {
  readonly #clock: Clock;
  readonly #waitingByIdentity = new Map<NamespaceId, Waiting>();
  readonly #refusalsByIdentity = new Map<NamespaceId, Refusals>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  list(): AccessRequest[] {
    return [...this.#waitingByIdentity.values()].map(({ request }) => request);
  }

  /** Resolves when the person allows it; rejects when they refuse, when time runs out, or when too many ask. */
  ask(request: AccessRequest): { readonly answered: Promise<void>; readonly withdraw: () => void } {
    const { identity } = request;
    const refusals = this.#refusalsByIdentity.get(identity);
    if (refusals !== undefined && this.#clock.monotonic() < refusals.until) {
      throw refused();
    }
    if (this.#waitingByIdentity.has(identity) || this.#waitingByIdentity.size >= MAX_WAITING) {
      throw new MasqError(
        "MASQ_ACCESS_BUSY",
        "This store is already asking its owner about this app, or about several others. Try again in two minutes.",
      );
    }
    let withdraw = (): void => {};
    const answered = new Promise<void>((resolve, reject) => {
      const settle = (error: MasqError | undefined): void => {
        cancel();
        // A connection that ends withdraws what may be settled already: by then another request can wait here.
        if (this.#waitingByIdentity.get(identity)?.settle === settle)
          this.#waitingByIdentity.delete(identity);
        if (error === undefined) resolve();
        else reject(error);
      };
      const cancel = this.#clock.setTimer(ACCESS_TIMEOUT_MS, () => settle(expired()));
      withdraw = () => settle(expired());
      this.#waitingByIdentity.set(identity, { request, settle });
    });
    return { answered, withdraw };
  }

  /**
   * Takes the person's yes: `grant` is carried out first, then the app is told. Throws MASQ_NOT_FOUND when nobody of
   * this name waits, and MASQ_OPTION_INVALID when the digits the person gave are not the request's.
   */
  async allow(
    identity: string,
    code: string | undefined,
    grant: (request: AccessRequest) => Promise<void>,
  ): Promise<void> {
    const { request, settle } = this.#find(identity);
    if (code !== undefined && code !== request.code) {
      throw new MasqError(
        "MASQ_OPTION_INVALID",
        "The digits differ from those of the request: something may be between the app and the store. Nothing was allowed.",
      );
    }
    await grant(request);
    this.#refusalsByIdentity.delete(request.identity);
    settle(undefined);
  }

  /** Takes the person's no. Throws MASQ_NOT_FOUND when nobody of this name waits. */
  deny(identity: string): void {
    const { request, settle } = this.#find(identity);
    const count = (this.#refusalsByIdentity.get(request.identity)?.count ?? 0) + 1;
    const backOff = Math.min(FIRST_BACK_OFF_MS * 2 ** (count - 1), MAX_BACK_OFF_MS);
    this.#refusalsByIdentity.set(request.identity, {
      count,
      until: this.#clock.monotonic() + backOff,
    });
    settle(refused());
  }

  #find(identity: string): Waiting {
    const waiting = this.#waitingByIdentity.get(identity as NamespaceId);
    if (waiting === undefined) {
      throw new MasqError(
        "MASQ_NOT_FOUND",
        "No app of this name is asking for access. `masq apps requests` lists those that are.",
      );
    }
    return waiting;
  }
}

const refused = (): MasqError =>
  new MasqError(
    "MASQ_ACCESS_REFUSED",
    "The owner of this store refused access. Nothing was read or written.",
  );

const expired = (): MasqError =>
  new MasqError(
    "MASQ_ACCESS_EXPIRED",
    "Nobody answered the request for access in time. Ask again when the owner is there.",
  );
