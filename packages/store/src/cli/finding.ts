/** What one check of `masq doctor` has found. */
export type Mark = "ok" | "warn" | "fail";

export interface Finding {
  readonly check: string;
  readonly mark: Mark;
  readonly text: string;
  /** What to do about it. */
  readonly todo?: string;
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
