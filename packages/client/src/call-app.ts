/** Calls a listener of the app. Its own mistake surfaces as one, and the connection goes on. */
export const callApp = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};
