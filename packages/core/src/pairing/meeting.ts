/** Waiting for another device at a rendezvous of a pairing, and the one outcome this has. */
import type { Member } from "../circle/device-log.ts";
import type { MasqError } from "../errors.ts";
import type { Clock } from "../host.ts";
import type { RelayLink } from "../relay/relay-link.ts";
import type { Rendezvous, RelaySlot } from "../relay/relay-slot.ts";
import { unreachable } from "../relay/link-errors.ts";
import { cancelled, failed, openedTwice, toPairingError } from "./pairing-errors.ts";
import { Wire } from "./wire.ts";

export interface MeetingOptions {
  readonly link: RelayLink;
  readonly rendezvous: Rendezvous;
  readonly clock: Clock;
  /** How long to wait until `isMet` is called. */
  readonly waitMs: number;
  /** What it means that nobody came although the sync service was there. */
  readonly nobody: () => MasqError;
  /** Somebody is at the other side; called again for whoever comes next. Must not throw. */
  readonly up: (wire: Wire) => void;
}

export class Meeting {
  readonly done: Promise<Member>;
  readonly #clock: Clock;
  readonly #slot: RelaySlot;
  readonly #settle: (outcome: Promise<Member> | Member) => void;
  #wire: Wire | undefined;
  #cancelTimer: () => void;
  #isOver = false;
  #isReplaced = false;

  /** Throws MASQ_CLOSED when the link is closed. */
  constructor({ link, rendezvous, clock, waitMs, nobody, up }: MeetingOptions) {
    this.#clock = clock;
    let settle: (outcome: Promise<Member> | Member) => void = () => {};
    this.done = new Promise((resolve) => (settle = resolve));
    this.#settle = settle;
    // Whoever asks is told; that nobody asks must not take the process down.
    this.done.catch(() => {});
    this.#slot = link.listen(rendezvous, {
      up: () => {
        this.#wire?.end(failed());
        this.#wire = new Wire(this.#slot, clock);
        up(this.#wire);
      },
      down: (reason) => {
        this.#isReplaced = reason === "replaced";
        this.#wire?.end(failed());
      },
      data: (bytes) => this.#wire?.push(bytes),
      writable: () => this.#wire?.flush(),
      // Who has the side key has the link.
      refused: (status) => this.fail(status === "replaced" ? openedTwice() : failed()),
    });
    this.#cancelTimer = clock.setTimer(waitMs, () => {
      const { status } = link;
      if (status.state === "connected") this.fail(nobody());
      else this.fail(status.state === "waiting" ? status.error : unreachable());
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The wait is over; what follows has bounds of its own. */
  isMet(): void {
    this.#cancelTimer();
  }

  /** Whether somebody else took the other side's place, and has perhaps not spoken yet. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  succeed(member: Member): void {
    this.#finish(member);
  }

  fail(error: unknown): void {
    const own = toPairingError(error);
    this.#wire?.end(own);
    this.#finish(Promise.reject(own));
  }

  /** Fails after a while, unless there is another outcome before. */
  failAfter(delayMs: number, error: unknown): void {
    if (!this.#isOver) this.#cancelTimer = this.#clock.setTimer(delayMs, () => this.fail(error));
  }

  /** Nothing that could open the link stays in memory when it is over. */
  wipeAfter(secret: Uint8Array): void {
    const wipe = (): void => void secret.fill(0);
    this.done.then(wipe, wipe);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#wire?.farewell();
    this.fail(cancelled());
  }

  #finish(outcome: Promise<Member> | Member): void {
    this.#cancelTimer();
    // Only the first outcome counts; those after it were about what is over.
    this.#settle(outcome);
    if (outcome instanceof Promise) outcome.catch(() => {});
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wire?.end(cancelled());
    this.#slot.unlisten();
  }
}
