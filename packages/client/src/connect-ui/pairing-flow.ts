/** One pairing from the first click to its end, as steps to show. Knows no elements. */
import type { Device } from "../device-status.ts";
import type { Invitation, Pairing, PairingOptions, PairingRequest } from "../pairing.ts";
import { isSameInvitation } from "./invitation-text.ts";
import { problemOf, type Answer, type PairingAttempt, type Problem } from "./problem.ts";

export type PairingStep =
  /** The link is being made, or the other device looked for. */
  | { readonly kind: "starting"; readonly attempt: PairingAttempt }
  | { readonly kind: "inviting"; readonly attempt: PairingAttempt; readonly invitation: Invitation }
  | {
      readonly kind: "asking";
      readonly attempt: PairingAttempt;
      readonly request: PairingRequest;
      readonly answer: (answer: boolean | string) => void;
    }
  /** Said no here. */
  | { readonly kind: "leaving"; readonly attempt: PairingAttempt }
  /** Said yes here; the other person has not yet. */
  | {
      readonly kind: "agreed";
      readonly attempt: PairingAttempt;
      readonly request: PairingRequest;
    }
  | { readonly kind: "paired"; readonly attempt: PairingAttempt; readonly device: Device }
  | { readonly kind: "failed"; readonly attempt: PairingAttempt; readonly problem: Problem };

export class PairingFlow {
  readonly #pairing: Pairing;
  readonly #tell: (step: PairingStep) => void;
  readonly #cancelled = new AbortController();
  #answer: Answer = "none";
  #link: string | undefined;
  #step: PairingStep | undefined;
  #isOver = false;

  constructor(pairing: Pairing, tell: (step: PairingStep) => void) {
    this.#pairing = pairing;
    this.#tell = tell;
  }

  /** As last told, for who looks again; undefined before it has begun and when it is over. */
  get step(): PairingStep | undefined {
    return this.#isOver ? undefined : this.#step;
  }

  /** Whether it is about this very link: shown here, or being joined. */
  isAbout(link: string): boolean {
    return this.#link !== undefined && isSameInvitation(this.#link, link);
  }

  async invite(attempt: "invite" | "inviteStore" = "invite"): Promise<void> {
    await this.#run(attempt, async (options) => {
      const invitation = await this.#pairing.invite(options);
      this.#link = invitation.link;
      this.#show({ kind: "inviting", attempt, invitation });
      return invitation.done;
    });
  }

  async accept(link: string): Promise<void> {
    this.#link = link;
    await this.#run("accept", (options) => this.#pairing.accept(link, options));
  }

  /** Nothing is told from here on, and the link, if there is one, is good no more. */
  cancel(): void {
    this.#over();
    this.#cancelled.abort();
  }

  async #run(
    attempt: PairingAttempt,
    pair: (options: PairingOptions) => Promise<Device>,
  ): Promise<void> {
    this.#show({ kind: "starting", attempt });
    const { signal } = this.#cancelled;
    try {
      const device = await pair({ signal, confirm: (request) => this.#ask(attempt, request) });
      this.#end({ kind: "paired", attempt, device });
    } catch (error) {
      this.#end({ kind: "failed", attempt, problem: problemOf(error, attempt, this.#answer) });
    }
  }

  #ask(attempt: PairingAttempt, request: PairingRequest): Promise<boolean | string> {
    return new Promise((resolve) => {
      const answer = (given: boolean | string): void => {
        if (this.#answer !== "none") return;
        this.#answer = given === false ? "no" : given === true ? "yes" : "typed";
        resolve(given);
        this.#show(
          given === false ? { kind: "leaving", attempt } : { kind: "agreed", attempt, request },
        );
      };
      this.#show({ kind: "asking", attempt, request, answer });
    });
  }

  #end(step: PairingStep): void {
    this.#show(step);
    this.#over();
  }

  /** What could open the link does not stay. */
  #over(): void {
    this.#isOver = true;
    this.#link = undefined;
    this.#step = undefined;
  }

  #show(step: PairingStep): void {
    if (this.#isOver) return;
    this.#step = step;
    this.#tell(step);
  }
}
