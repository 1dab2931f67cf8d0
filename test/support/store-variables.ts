/** Environments in which a store's clocks are not what they are here. */

const YEAR_MS = 365.25 * 24 * 60 * 60 * 1000;

const preload = (code: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
});

/** The wall clock is so many years off. */
export const yearsOff = (years: number): NodeJS.ProcessEnv =>
  preload(`const now = Date.now; Date.now = () => now() + ${years * YEAR_MS};`);

/** At SIGUSR2 the computer has slept for so long: time has passed and no timer has noticed. */
export const sleepsAtSignal = (ms: number): NodeJS.ProcessEnv =>
  preload(
    `const now = performance.now.bind(performance); let slept = 0;
     performance.now = () => now() + slept; process.on("SIGUSR2", () => { slept += ${ms}; });`,
  );
