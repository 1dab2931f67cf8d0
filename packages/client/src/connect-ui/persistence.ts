/** Whether the browser may delete the page's data by itself (https://storage.spec.whatwg.org/#persistence). */

export type Persistence = "persisted" | "not-persisted" | "unknown";

const say = async (ask: (storage: StorageManager) => Promise<boolean>): Promise<Persistence> => {
  try {
    return (await ask(navigator.storage)) ? "persisted" : "not-persisted";
  } catch {
    return "unknown";
  }
};

export const readPersistence = (): Promise<Persistence> => say((storage) => storage.persisted());

/** From a click: some browsers ask the person. */
export const askPersistence = (): Promise<Persistence> => say((storage) => storage.persist());
