/** What whoever serves the page says of the places around it; a link cannot say it. */

export interface Configuration {
  /** Where the person's devices meet; without one the places stay on this device. */
  readonly syncService: string | undefined;
  /** The store's address; without one the documented ports are tried. */
  readonly store: string | undefined;
}

const textOr = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Without an answer the app does without: it keeps its places, and its devices cannot meet. */
export const readConfiguration = async (): Promise<Configuration> => {
  let given: unknown;
  try {
    const response = await fetch("/config.json");
    given = response.ok ? await response.json() : undefined;
  } catch {
    given = undefined;
  }
  const { syncService, store } = Object(given) as Record<string, unknown>;
  return { syncService: textOr(syncService), store: textOr(store) };
};
