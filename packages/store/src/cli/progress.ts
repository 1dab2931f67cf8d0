/** One line on a terminal that says how far a long command is; nothing where nobody is watching. */

const INTERVAL_MS = 100;
const CLEAR_LINE = "\r\u001b[2K";

export interface Progress {
  update(text: string): void;
  /** Removes the line. */
  end(): void;
}

export const openProgress = (): Progress => {
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    update(text) {
      const now = performance.now();
      if (!process.stderr.isTTY || now - shownAt < INTERVAL_MS) return;
      shownAt = now;
      process.stderr.write(CLEAR_LINE + text);
    },
    end() {
      if (shownAt > 0) process.stderr.write(CLEAR_LINE);
    },
  };
};
