/** Every text of the app, in English. The French ones have the same shape. */
import type { Clash } from "../model/merge.ts";

export const en = {
  otherLanguage: "Français",
  switchLanguage: "Passer en français",
  title: "Favourites",
  skip: "Skip to your places",
  map: {
    label: "Globe with your favourite places",
    help: "Arrow keys turn the globe, plus and minus zoom, zero shows all of it, Enter picks the point in the middle.",
    nearer: "Zoom in",
    farther: "Zoom out",
    all: "Show the whole globe",
    failed: "The map could not be loaded. Your places are not affected: the list works without it.",
  },
  search: {
    label: "Find a place",
    placeholder: "A town, or “town, country”",
    clear: "Clear the search",
    loading: "Opening the index…",
    failed: "The index of places could not be loaded. You can still point at the globe.",
    none: (query: string) =>
      `“${query}” is not in this small index. Turn the globe and press on the spot instead.`,
    found: (count: number) => (count === 1 ? "One place found" : `${count} places found`),
    saved: "saved",
  },
  spot: {
    found: "From the index",
    pointed: "A point on the globe",
    near: (town: string) => `Near ${town}`,
    name: "Name",
    save: "Save this place",
    cancel: "Not now",
  },
  list: {
    heading: "Your places",
    count: (count: number) => (count === 1 ? "1 place" : `${count} places`),
    tags: "Filter by tag",
    all: "All",
    noneTagged: (tag: string) => `No place has the tag “${tag}” any more.`,
    emptyTitle: "An empty atlas",
    empty: "Look a place up, or press anywhere on the globe, and keep it. For a start:",
    emptyWhere: "What you keep stays on your own devices: on this one, until you connect another.",
    loading: "Reading your places…",
    conflict: "Changed in two places at once",
    fresh: "just changed elsewhere",
    away: "Your data are out of reach for the moment. You see what was there last; changes wait.",
  },
  place: {
    back: "All places",
    name: "Name",
    note: "Note",
    noteHint: "What you want to remember",
    tags: "Tags",
    tagsHint: "With commas: summer, friends",
    save: "Save changes",
    saving: "Saving…",
    remove: "Delete",
    savedOn: (date: string) => `Saved on ${date}`,
    stale: "Changed elsewhere while you write. Saving joins both, and asks you where they differ.",
    gone: "Deleted elsewhere while it is open here. Save it to keep it.",
    required: "A place needs a name.",
  },
  choice: {
    heading: "Changed in two places at once",
    lead: "Nothing is lost: here are both. Keep one, or join them.",
    yours: "Yours, not saved yet",
    version: (number: number) => `Version ${number}`,
    written: (time: string) => `written ${time}`,
    keep: "Keep this one",
    keepNamed: (title: string) => `Keep this one: ${title}`,
    differs: { name: "another name", note: "another note" } satisfies Record<Clash, string>,
    noNote: "No note",
    joined: "Joined",
    join: "Save the joined one",
    moved: "It changed again just now. Please look once more.",
  },
  data: {
    opening: "Opening your places",
    failedTitle: "Your places cannot be shown",
    failed: "Nothing is lost by that. “Your data” says what happened and what to do.",
    why: "What happened?",
    forgetWhat:
      "Only if you have set your store up anew, or no longer use it: go on with what is on this device.",
    forget: "Go on without that store",
  },
  toast: {
    deleted: (name: string) => `${name} was deleted.`,
    undo: "Undo",
    close: "Close",
  },
  said: {
    saved: (name: string) => `${name} is saved.`,
    restored: (name: string) => `${name} is back.`,
    added: (name: string) => `${name} was added elsewhere.`,
    changed: (name: string) => `${name} was changed elsewhere.`,
    deleted: (name: string) => `${name} was deleted elsewhere.`,
    resolved: (name: string) => `${name} has one version again.`,
  },
  problem: {
    MASQ_STORAGE_FULL:
      "Not saved: the disk is full. All that was saved before is safe. Free some space and save again.",
    MASQ_STORAGE_FAILED:
      "Not saved: the disk reported an error. Your text is still here; try again.",
    MASQ_STORAGE_DAMAGED: "What is kept here is damaged. “Your data” says what to do.",
    MASQ_STORE_UNREACHABLE:
      "Not saved: your data could not be reached in time. Your text is still here; try again.",
    MASQ_OUTCOME_UNKNOWN:
      "Your data went out of reach while saving. Look whether the change is there once they are back.",
    MASQ_CONFLICT: "Not saved: it keeps changing elsewhere. Have a look and save again.",
    other: (code: string) => `That did not work (${code}). All that was saved before is safe.`,
  },
  credits: {
    about: "About",
    text: "Place names: GeoNames, CC BY 4.0, a selection. Map: Natural Earth, public domain. Type: Alegreya, OFL. Drawn on your computer; this page loads nothing from anywhere else.",
    close: "Close",
  },
  compass: { north: "N", south: "S", east: "E", west: "W" },
  suggestions: ["Lisbon", "Kyoto", "Valparaíso"],
};

export type Texts = typeof en;
