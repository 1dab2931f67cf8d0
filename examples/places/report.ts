/** Tells on the terminal what happens, how long it took, and whether each check held. */
const isTerminal = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
const paint = (code: number, text: string): string =>
  isTerminal ? `\u001B[${code}m${text}\u001B[0m` : text;

let failures = 0;

export const failedChecks = (): number => failures;

export const heading = (text: string): void => console.log(`\n${paint(1, text)}`);

export const tell = (text: string): void => console.log(`  ${text}`);

export const check = (held: boolean, text: string): void => {
  if (!held) failures += 1;
  console.log(`  ${held ? paint(32, "✓") : paint(31, "✗")} ${text}`);
};

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

export const count = (number: number): string => Math.round(number).toLocaleString("en");

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const BAR_WIDTH = 30;
const PLAIN_STEPS = 4;

/** A progress bar on a terminal, a line at each quarter elsewhere. */
export const progress = (total: number, unit: string): ((done: number) => void) => {
  let told = 0;
  return (done) => {
    const share = Math.min(1, done / total);
    if (process.stdout.isTTY) {
      const filled = Math.round(share * BAR_WIDTH);
      const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
      process.stdout.write(
        `\r  ${bar} ${count(done)} of ${count(total)} ${unit}${share === 1 ? "\n" : ""}`,
      );
    } else if (Math.floor(share * PLAIN_STEPS) > told) {
      told = Math.floor(share * PLAIN_STEPS);
      tell(`${count(done)} of ${count(total)} ${unit}`);
    }
  };
};
