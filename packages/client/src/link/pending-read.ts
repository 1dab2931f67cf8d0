/** Reads on their way to the store: repeated on the next connection when this one goes first. */

export interface PendingRead {
  readonly method: string;
  readonly params: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** How long there had been no store, in all, when it was made (away-clock.ts). */
  readonly awayBeforeMs: number;
}
