/** Ending on Ctrl-C and the like: the first signal stops cleanly, the second at once. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Calls `stop`, whose failure its owner hears of elsewhere. The returned function stops listening. */
export const untilSignal = (stop: () => Promise<void>): (() => void) => {
  let isStopping = false;
  const onSignal = (): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    stop().catch(() => {});
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
};
