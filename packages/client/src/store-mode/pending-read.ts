/** Reads on their way to the store: repeated on the next connection when this one goes first. */

export interface PendingRead {
  readonly method: string;
  readonly params: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Monotonic time at which it began to wait for a connection; undefined while it is on the wire. */
  waitingSince: number | undefined;
}
