/** A promise whose listener on `signal` goes when the promise is settled: a signal may outlive thousands of calls. */
export const abortable = <Result>(
  signal: AbortSignal | undefined,
  start: (
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
    onAbort: (action: () => void) => void,
  ) => void,
): Promise<Result> => {
  if (signal === undefined)
    return new Promise((resolve, reject) => start(resolve, reject, () => {}));
  const settled = new AbortController();
  return new Promise<Result>((resolve, reject) =>
    start(resolve, reject, (action) =>
      signal.addEventListener("abort", action, { once: true, signal: settled.signal }),
    ),
  ).finally(() => settled.abort());
};
