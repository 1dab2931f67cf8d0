/**
 * The meetings of one pair of devices at one relay: at the rendezvous of the previous, the current and the next epoch of
 * the relay's clock, the only one that counts (docs/channel.md, "Rendezvous").
 */
import { rendezvousNow, secondsToNextEpoch, type Rendezvous } from "../channel/rendezvous.ts";
import { backOffMs } from "../relay/back-off.ts";
import { Meeting, type Failures, type MeetingOptions } from "./meeting.ts";

/** After the moment the next epoch begins, so that a timer that runs a little early does not find the old one. */
const AFTER_BOUNDARY_MS = 1000;

export interface RelayMeetingsOptions extends Pick<
  MeetingOptions,
  "peer" | "role" | "link" | "stands" | "changed"
> {
  /** The name kept beside the sync service's address. */
  readonly name: string;
  /** Undefined until it has been computed; `refresh` follows. */
  readonly root: () => Uint8Array | undefined;
}

export class RelayMeetings {
  readonly #options: RelayMeetingsOptions;
  readonly #failures: Failures;
  /** By epoch. */
  readonly #meetings = new Map<number, Meeting>();
  #current = 0;
  #cancelTimer: () => void = () => {};
  readonly #stopHearing: () => void;
  #isClosed = false;

  constructor(options: RelayMeetingsOptions) {
    this.#options = options;
    const { random } = options.peer.host;
    let count = 0;
    this.#failures = {
      get count() {
        return count;
      },
      add: () => backOffMs(random, (count += 1)),
      reset: () => void (count = 0),
    };
    this.#stopHearing = options.link.onStatus(({ state }) => {
      // The relay that is there now may have another clock than the one before.
      if (state === "connected") this.refresh();
      else if (state === "closed") this.close();
    });
    this.refresh();
  }

  get name(): string {
    return this.#options.name;
  }

  get failures(): number {
    return this.#failures.count;
  }

  /** The current epoch's first, then the next, which will be the current one, then the previous. */
  get meetings(): Meeting[] {
    return [0, 1, -1].flatMap((offset) => this.#meetings.get(this.#current + offset) ?? []);
  }

  /** Listens where the relay's clock says, and nowhere else. */
  refresh(): void {
    const { peer, link, name, role, root: rootOf } = this.#options;
    const { clock } = peer.host;
    const root = rootOf();
    const seconds = link.clockSeconds(clock.monotonic());
    if (this.#isClosed || root === undefined || seconds === undefined) return;
    this.#cancelTimer();
    let wanted: readonly Rendezvous[] = [];
    try {
      wanted = rendezvousNow(peer.crypto, root, role, name, seconds);
    } catch {
      // No epoch of ours fits the relay's clock. It may be right after the next reconnect.
    }
    this.#current = wanted[1]?.epoch ?? 0;
    const past = [...this.#meetings].filter(
      ([epoch]) => !wanted.some((rendezvous) => rendezvous.epoch === epoch),
    );
    for (const rendezvous of wanted) {
      if (this.#meetings.has(rendezvous.epoch)) continue;
      const meeting = new Meeting({ ...this.#options, rendezvous, failures: this.#failures });
      this.#meetings.set(rendezvous.epoch, meeting);
    }
    for (const [epoch, meeting] of past) {
      this.#meetings.delete(epoch);
      meeting.close();
    }
    const delayMs = secondsToNextEpoch(peer.crypto, root, seconds) * 1000 + AFTER_BOUNDARY_MS;
    if (!this.#isClosed) this.#cancelTimer = clock.setTimer(delayMs, () => this.refresh());
    if (past.length > 0) this.#options.changed();
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopHearing();
    this.#cancelTimer();
    const meetings = [...this.#meetings.values()];
    this.#meetings.clear();
    for (const meeting of meetings) meeting.close();
    this.#options.changed();
  }
}
