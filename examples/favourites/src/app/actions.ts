/** What a person can do on the page; the views call these. */
import type { Place } from "../model/place.ts";
import type { Town } from "../search/gazetteer.ts";
import type { Draft } from "./state.ts";

export interface Actions {
  readonly switchLanguage: () => void;
  readonly toggleCredits: () => void;
  /** Opens `<masq-connect>`, which says what is wrong and what to do. */
  readonly showData: () => void;
  readonly forgetStore: () => void;
  readonly openGazetteer: () => void;
  readonly type: (query: string) => void;
  readonly move: (by: number) => void;
  readonly closeSearch: () => void;
  /** The person went on elsewhere: what they typed stays, what was found goes out of the way. */
  readonly leaveSearch: () => void;
  readonly suggest: (name: string) => void;
  readonly pick: (town: Town) => void;
  readonly nameSpot: (name: string) => void;
  readonly saveSpot: () => void;
  readonly backToList: () => void;
  readonly filter: (tag: string | undefined) => void;
  readonly open: (id: string) => void;
  readonly edit: (change: Partial<Draft>) => void;
  readonly save: () => void;
  readonly remove: () => void;
  readonly undo: () => void;
  readonly closeToast: () => void;
  readonly editJoined: (change: Partial<Draft>) => void;
  readonly choose: (place: Place) => void;
  readonly join: () => void;
}
