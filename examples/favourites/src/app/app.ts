/** Turns what people do and what the store tells into the next state, and has it painted. */
import type { MasqClient } from "@masq/client";
import type { MasqConnectElement } from "@masq/client/connect";
import { codeOf } from "../masq/code-of.ts";
import { Connector, type Connection } from "../masq/connector.ts";
import { Favourites, type Change, type Favourite } from "../masq/favourites.ts";
import type { Location } from "../map/sphere.ts";
import { combine } from "../model/merge.ts";
import { idOf, MAX_NAME, type Place } from "../model/place.ts";
import { nameOf, type Town } from "../search/gazetteer.ts";
import { nearest, search } from "../search/rank.ts";
import { keepLanguage, speak } from "../text/language.ts";
import type { Actions } from "./actions.ts";
import { newsOf } from "./news.ts";
import {
  draftOf,
  isEdited,
  NO_SEARCH,
  openFavourite,
  placeOf,
  type OpenPlace,
  type State,
} from "./state.ts";

const MAX_RESULTS = 7;
const CLOSE_ZOOM = 7;
/** How far from a town a point is still near it, in degrees. */
const NEAR = 0.8;
const FRESH_MS = 4_000;

/** What the rest of the page does for the app. */
export interface Surroundings {
  readonly paint: (state: State) => void;
  /** Shows a location from at least so near. */
  readonly flyTo: (location: Location, zoom: number) => void;
  readonly focus: (selector: string) => void;
  readonly loadGazetteer: () => Promise<readonly Town[]>;
  readonly element: MasqConnectElement;
}

export class App implements Actions {
  #state: State;
  readonly #around: Surroundings;
  readonly #connector: Connector;
  #favourites: Favourites | undefined;

  constructor(state: State, around: Surroundings) {
    this.#state = state;
    this.#around = around;
    this.#connector = new Connector({
      element: around.element,
      tell: (connection) => this.#connection(connection),
      connected: (masq) => void this.#read(masq),
    });
  }

  start(): void {
    this.#connector.start();
  }

  mapFailed(): void {
    this.#set({ isMapMissing: true });
  }

  /** A press on the globe. */
  point({ lat, lon }: Location): void {
    this.openGazetteer();
    const near = this.#nearest(lat, lon);
    const { t, language, coordinates } = this.#state.speech;
    const name =
      near === undefined ? coordinates({ lat, lon }) : t.spot.near(nameOf(near, language));
    const country = near?.country ?? "";
    this.#set({
      panel: { kind: "spot", spot: { name, lat, lon, country }, id: undefined, isPointed: true },
      search: NO_SEARCH,
    });
    this.#around.focus("#spot-name");
  }

  readonly switchLanguage = (): void => {
    const language = this.#state.speech.language === "en" ? "fr" : "en";
    keepLanguage(language);
    this.#set({ speech: speak(language), said: "" });
  };

  readonly toggleCredits = (): void => this.#set({ areCreditsOpen: !this.#state.areCreditsOpen });

  readonly showData = (): void => this.#around.element.open();
  readonly forgetStore = (): void => void this.#attempt(() => this.#connector.forgetStore());

  readonly openGazetteer = (): void => {
    const { gazetteer } = this.#state;
    if (gazetteer !== "closed" && gazetteer !== "failed") return;
    this.#set({ gazetteer: "opening" });
    this.#around.loadGazetteer().then(
      (towns) => {
        this.#set({ gazetteer: towns });
        if (this.#state.search.query !== "") this.type(this.#state.search.query);
      },
      () => this.#set({ gazetteer: "failed" }),
    );
  };

  readonly type = (query: string): void => {
    this.openGazetteer();
    const { gazetteer, speech } = this.#state;
    const results =
      typeof gazetteer === "string" ? [] : search(gazetteer, query, speech.country, MAX_RESULTS);
    this.#set({
      search: { query, results, active: 0, isOpen: query.trim() !== "" },
      said: query.trim() === "" ? "" : speech.t.search.found(results.length),
    });
  };

  readonly move = (by: number): void => {
    const { search: found } = this.#state;
    const count = found.results.length;
    if (count === 0) return;
    this.#set({ search: { ...found, isOpen: true, active: (found.active + by + count) % count } });
  };

  readonly closeSearch = (): void => this.#set({ search: NO_SEARCH });

  readonly leaveSearch = (): void =>
    this.#set({ search: { ...this.#state.search, isOpen: false } });

  readonly suggest = (name: string): void => {
    this.#around.focus("#search");
    this.type(name);
  };

  readonly pick = (town: Town): void => {
    const { lat, lon, country } = town;
    const spot = { name: nameOf(town, this.#state.speech.language), lat, lon, country };
    const id = idOf(town);
    if (this.#state.favourites.has(id)) return this.open(id);
    this.#around.flyTo(spot, CLOSE_ZOOM);
    this.#set({
      panel: { kind: "spot", spot, id, isPointed: false },
      search: NO_SEARCH,
    });
    this.#around.focus("#save-spot");
  };

  readonly nameSpot = (name: string): void => {
    const { panel } = this.#state;
    if (panel.kind !== "spot") return;
    this.#set({ panel: { ...panel, spot: { ...panel.spot, name: name.slice(0, MAX_NAME) } } });
  };

  readonly saveSpot = (): void => {
    const { panel, speech } = this.#state;
    const favourites = this.#favourites;
    if (panel.kind !== "spot" || favourites === undefined) return;
    const name = panel.spot.name.trim() || speech.coordinates(panel.spot);
    const place: Place = { ...panel.spot, name, note: "", tags: [], saved: new Date() };
    const id = panel.id ?? idOf(place);
    void this.#attempt(async () => {
      await favourites.add(id, place);
      this.#say(speech.t.said.saved(name));
      // Its entry is told by the watch, now or in a moment; by then the person may be elsewhere.
      if (this.#state.panel.kind !== "spot") return;
      const saved = this.#state.favourites.get(id);
      if (saved === undefined) return this.backToList();
      this.#set({ panel: openFavourite(saved) });
      this.#around.focus("#place-note");
    });
  };

  readonly backToList = (): void => {
    const { panel } = this.#state;
    this.#set({ panel: { kind: "list" } });
    const opener = panel.kind === "place" ? `[data-id="${CSS.escape(panel.base.id)}"]` : "#search";
    this.#around.focus(opener);
  };

  readonly filter = (tag: string | undefined): void => {
    const { tag: current, speech, favourites } = this.#state;
    const next = tag === current ? undefined : tag;
    const shown = [...favourites.values()].filter(
      ({ place }) => next === undefined || place.tags.includes(next),
    );
    this.#set({ tag: next, said: speech.t.list.count(shown.length) });
  };

  readonly open = (id: string): void => {
    const favourite = this.#state.favourites.get(id);
    if (favourite === undefined) return;
    this.#set({ panel: openFavourite(favourite), search: NO_SEARCH });
    this.#around.focus("#panel-heading");
    this.#around.flyTo(favourite.place, CLOSE_ZOOM);
    if (favourite.conflict) void this.#attempt(() => this.#loadChoice(id));
  };

  readonly edit = (change: Partial<OpenPlace["draft"]>): void => {
    const panel = this.#openPlace();
    if (panel === undefined) return;
    this.#set({ panel: { ...panel, draft: { ...panel.draft, ...change }, isNameMissing: false } });
  };

  readonly save = (): void => {
    const panel = this.#openPlace();
    const favourites = this.#favourites;
    if (panel === undefined || favourites === undefined || panel.isSaving) return;
    const edited = placeOf(panel.base.place, panel.draft);
    if (edited.name === "") {
      this.#set({ panel: { ...panel, isNameMissing: true } });
      return this.#around.focus("#place-name");
    }
    const { id } = panel.base;
    this.#set({ panel: { ...panel, isSaving: true } });
    void this.#attempt(async () => {
      const saved = await favourites.save(id, panel.base, edited);
      if (saved.kind === "saved") {
        this.#say(this.#state.speech.t.said.saved(edited.name));
        const now = this.#state.favourites.get(id);
        if (now !== undefined) this.#reopen(id, openFavourite(now));
        return;
      }
      const [mine, ...theirs] = saved.choice.versions;
      const joined = draftOf(combine([mine.place, ...theirs.map(({ place }) => place)]));
      this.#reopen(id, { ...panel, choice: { ...saved.choice, joined } });
      this.#around.focus("#panel-heading");
    }).finally(() => {
      const open = this.#openPlace(id);
      if (open?.isSaving === true) this.#set({ panel: { ...open, isSaving: false } });
    });
  };

  readonly remove = (): void => {
    const panel = this.#openPlace();
    const favourites = this.#favourites;
    if (panel === undefined || favourites === undefined) return;
    const favourite = this.#state.favourites.get(panel.base.id);
    if (favourite === undefined) return this.backToList();
    void this.#attempt(async () => {
      await favourites.remove(favourite);
      this.#set({ panel: { kind: "list" }, toast: { kind: "deleted", favourite } });
      this.#say(this.#state.speech.t.toast.deleted(favourite.place.name));
      this.#around.focus("#undo");
    });
  };

  readonly undo = (): void => {
    const { toast } = this.#state;
    const favourites = this.#favourites;
    if (toast?.kind !== "deleted" || favourites === undefined) return;
    const { id, place } = toast.favourite;
    void this.#attempt(async () => {
      await favourites.add(id, place);
      this.#set({ toast: undefined });
      this.#say(this.#state.speech.t.said.restored(place.name));
      this.#around.focus(`[data-id="${CSS.escape(id)}"]`);
    });
  };

  readonly closeToast = (): void => {
    this.#set({ toast: undefined });
    this.#around.focus("#panel-heading");
  };

  readonly editJoined = (change: Partial<OpenPlace["draft"]>): void => {
    const panel = this.#openPlace();
    if (panel?.choice === undefined) return;
    const joined = { ...panel.choice.joined, ...change };
    this.#set({ panel: { ...panel, choice: { ...panel.choice, joined } } });
  };

  readonly choose = (place: Place): void => {
    const panel = this.#openPlace();
    const favourites = this.#favourites;
    if (panel?.choice === undefined || favourites === undefined) return;
    const { id } = panel.base;
    const { token } = panel.choice;
    void this.#attempt(async () => {
      if (await favourites.resolve(id, token, place)) {
        this.#say(this.#state.speech.t.said.resolved(place.name));
        const now = this.#state.favourites.get(id);
        this.#reopen(id, now && openFavourite(now));
      } else {
        this.#set({ toast: { kind: "moved" } });
        await this.#loadChoice(id);
      }
      this.#around.focus("#panel-heading");
    });
  };

  readonly join = (): void => {
    const panel = this.#openPlace();
    if (panel?.choice === undefined) return;
    const [first, ...others] = panel.choice.versions.map(({ place }) => place);
    if (first === undefined) return;
    this.choose(placeOf(combine([first, ...others]), panel.choice.joined));
  };

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    this.#around.paint(this.#state);
  }

  #say(said: string): void {
    this.#set({ said });
  }

  /** The place that is open, if it is (still) that one. */
  #openPlace(id?: string): OpenPlace | undefined {
    const { panel } = this.#state;
    return panel.kind === "place" && (id === undefined || panel.base.id === id) ? panel : undefined;
  }

  #reopen(id: string, panel: OpenPlace | undefined): void {
    if (this.#openPlace(id) !== undefined) this.#set({ panel: panel ?? { kind: "list" } });
  }

  /** Does something with the store; says so when it fails, and leaves what was typed where it is. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#set({ toast: { kind: "problem", code: codeOf(error) } });
    }
  }

  #nearest(lat: number, lon: number): Town | undefined {
    const { gazetteer } = this.#state;
    return typeof gazetteer === "string" ? undefined : nearest(gazetteer, lat, lon, NEAR);
  }

  #connection(connection: Connection): void {
    this.#set({ connection });
    // Without access nothing of it stays in sight.
    if (connection.kind === "failed") this.#set({ favourites: new Map(), isLoaded: false });
  }

  async #read(masq: MasqClient): Promise<void> {
    const favourites = new Favourites(masq, (changes) => this.#changed(changes));
    this.#favourites = favourites;
    this.#set({ isLoaded: false, favourites: new Map() });
    try {
      await favourites.open();
      this.#set({ isLoaded: true });
    } catch (error) {
      if (this.#favourites === favourites)
        this.#connection({ kind: "failed", code: codeOf(error) });
    }
  }

  #changed(changes: readonly Change[]): void {
    const before = this.#state.favourites;
    const favourites = new Map(before);
    for (const { id, favourite } of changes) {
      if (favourite === undefined) favourites.delete(id);
      else favourites.set(id, favourite);
    }
    this.#set({ favourites });
    this.#tellChanges(
      changes.filter(({ isOwn }) => !isOwn),
      before,
    );
    for (const { id, favourite, isOwn } of changes) {
      const open = this.#openPlace(id);
      if (open === undefined || favourite === undefined) continue;
      if (favourite.conflict) void this.#attempt(() => this.#loadChoice(id));
      // What somebody is typing is theirs: it is joined when they save.
      else if (!isEdited(open) && !open.isSaving && !isOwn)
        this.#reopen(id, openFavourite(favourite));
    }
  }

  /** Says what others did: all of it to the eye, the last of it to the ear. */
  #tellChanges(changes: readonly Change[], before: ReadonlyMap<string, Favourite>): void {
    const last = changes.at(-1);
    if (last === undefined) return;
    const ids = new Set(changes.map(({ id }) => id));
    const said = newsOf(last, before.get(last.id), this.#state.speech.t);
    this.#set({ said, fresh: new Set([...this.#state.fresh, ...ids]) });
    setTimeout(() => {
      this.#set({ fresh: new Set([...this.#state.fresh].filter((id) => !ids.has(id))) });
    }, FRESH_MS);
  }

  async #loadChoice(id: string): Promise<void> {
    const choice = await this.#favourites?.choice(id);
    const open = this.#openPlace(id);
    const now = this.#state.favourites.get(id);
    if (open === undefined || now === undefined) return;
    if (choice === undefined) return this.#reopen(id, openFavourite(now));
    const [first, ...others] = choice.versions;
    const joined = draftOf(combine([first.place, ...others.map(({ place }) => place)]));
    this.#set({ panel: { ...open, base: now, choice: { ...choice, joined } } });
  }
}
