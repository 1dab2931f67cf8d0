/** Vite plugin: derives the place list and the map from their data sets and gives the page their addresses. */
import type { Plugin } from "vite";
import { choosePlaces, placeList } from "./places.ts";
import { worldBytes } from "./world.ts";

const NAMES = ["virtual:gazetteer", "virtual:world"] as const;

export const dataFiles = (): Plugin => {
  let places: ReturnType<typeof choosePlaces> | undefined;
  return {
    name: "data-files",
    resolveId: (id) => (NAMES.some((name) => name === id) ? `\0${id}` : undefined),
    load(id) {
      const name = NAMES.find((each) => id === `\0${each}`);
      if (name === undefined) return undefined;
      places ??= choosePlaces((unknown) =>
        this.warn(`major-places.txt names "${unknown}", which the data set has not.`),
      );
      const file =
        name === "virtual:gazetteer"
          ? this.emitFile({ type: "asset", name: "places.txt", source: placeList(places) })
          : this.emitFile({ type: "asset", name: "world.bin", source: worldBytes(places) });
      return `export default import.meta.ROLLUP_FILE_URL_${file};`;
    },
  };
};
