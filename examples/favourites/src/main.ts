/** Ties the page together: state to views and globe, gestures to the app, files to the service worker. */
import gazetteerUrl from "virtual:gazetteer";
import worldUrl from "virtual:world";
import type { MasqConnectElement } from "@masq/client/connect";
import { App } from "./app/app.ts";
import { inOrder, NO_SEARCH, type State } from "./app/state.ts";
import { Globe, type GlobeNames } from "./map/globe.ts";
import { onGestures, zoomBy } from "./map/gestures.ts";
import type { Mark } from "./map/labels.ts";
import { readWorld } from "./map/world.ts";
import type { Favourite } from "./masq/favourites.ts";
import type { Place, Spot } from "./model/place.ts";
import { readGazetteer } from "./search/gazetteer.ts";
import { firstLanguage, speak } from "./text/language.ts";
import { paintPage } from "./ui/page.ts";

/** Where more people live and more names stand than on most other sides. */
const FIRST_VIEW = { lat: 30, lon: 8, zoom: 1 };
const STEP = 1.6;
const SPOT_MARK = "spot";

const fetchFile = async (url: string): Promise<Response> => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
};

// A name at a mark is one object as long as its place is: the globe remembers vectors by object.
const markByPlace = new WeakMap<Place | Spot, Mark>();

const markOf = (id: string, place: Place | Spot, isSaved: boolean): Mark => {
  let mark = markByPlace.get(place);
  if (mark === undefined) {
    mark = { id, name: place.name, lat: place.lat, lon: place.lon, isSaved };
    markByPlace.set(place, mark);
  }
  return mark;
};

const namesOf = ({ favourites, panel, tag, gazetteer, speech }: State): GlobeNames => {
  const isShown = ({ place }: Favourite): boolean => tag === undefined || place.tags.includes(tag);
  const marks = inOrder(favourites)
    .filter(isShown)
    .map(({ id, place }) => markOf(id, place, true));
  if (panel.kind === "spot") marks.push(markOf(SPOT_MARK, panel.spot, false));
  return {
    marks,
    chosen: panel.kind === "place" ? panel.base.id : panel.kind === "spot" ? SPOT_MARK : undefined,
    towns: typeof gazetteer === "string" ? [] : gazetteer,
    language: speech.language,
    countryName: speech.country,
  };
};

const state: State = {
  speech: speak(firstLanguage()),
  connection: { kind: "opening" },
  isLoaded: false,
  favourites: new Map(),
  fresh: new Set(),
  tag: undefined,
  panel: { kind: "list" },
  search: NO_SEARCH,
  gazetteer: "closed",
  isMapMissing: false,
  areCreditsOpen: false,
  toast: undefined,
  said: "",
};

const canvas = document.getElementById("globe") as HTMLCanvasElement;
const globe = new Globe(canvas, FIRST_VIEW, namesOf(state));
const zooms = {
  nearer: () => zoomBy(globe, STEP),
  farther: () => zoomBy(globe, 1 / STEP),
  all: () => globe.flyTo(globe.view, 1),
};

const app = new App(state, {
  paint: (next) => {
    paintPage(next, app, zooms);
    globe.show(namesOf(next));
  },
  flyTo: (location, zoom) => globe.flyTo(location, Math.max(zoom, globe.view.zoom)),
  focus: (selector) => document.querySelector<HTMLElement>(selector)?.focus(),
  loadGazetteer: async () => readGazetteer(await (await fetchFile(gazetteerUrl)).text()),
  element: document.querySelector("masq-connect") as MasqConnectElement,
});

onGestures(canvas, globe, {
  mark: (id) => app.open(id),
  spot: (location) => app.point(location),
});
app.start();
// What is set before it is there counts.
void import("@masq/client/connect");

try {
  const bytes = await (await fetchFile(worldUrl)).arrayBuffer();
  globe.world = readWorld(new Uint8Array(bytes));
} catch {
  app.mapFailed();
}
// Names of towns appear on the globe as one comes nearer; nothing else waits for them.
requestIdleCallback?.(() => app.openGazetteer());
// Where the browser keeps nothing, the app needs the network each time.
navigator.serviceWorker?.register("/service-worker.js").catch(() => {});
