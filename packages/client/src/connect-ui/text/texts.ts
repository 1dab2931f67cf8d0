/** Every text of the element, by its place; one table of them for each language. */
import type { GlanceKind } from "../glance.ts";
import type { ProblemKey } from "../problem.ts";

export interface ProblemText {
  readonly title: string;
  /** What happened, and whether data are safe. */
  readonly what: string;
  readonly todo: string;
}

type Counted = (count: number, shown: string) => string;

export interface Texts {
  /** Of the writing: the texts stay whole in a page that is written the other way. */
  readonly direction: "ltr" | "rtl";
  readonly title: string;
  readonly close: string;
  readonly back: string;
  readonly cancel: string;
  readonly done: string;
  readonly details: string;
  readonly reload: string;
  readonly quote: (text: string) => string;
  readonly nameless: string;
  /** On the button; short. */
  readonly glance: Readonly<Record<GlanceKind, Counted>>;
  /** In the dialog, below it. */
  readonly meaning: Readonly<Record<GlanceKind, string>>;
  readonly devices: {
    readonly heading: string;
    readonly own: string;
    readonly ownHolds: string;
    readonly storeHolds: string;
    readonly other: Counted;
    readonly connected: string;
    readonly seen: (ago: string) => string;
    readonly neverSeen: string;
    readonly verified: (since: string) => string;
    readonly toSend: Counted;
    readonly toReceive: Counted;
    readonly storePairs: string;
  };
  readonly invite: {
    readonly action: string;
    readonly starting: string;
    readonly how: string;
    readonly qr: string;
    readonly link: string;
    readonly copy: string;
    readonly copied: string;
    readonly copyFailed: string;
    readonly left: (time: string) => string;
    readonly secret: string;
    readonly offline: string;
    readonly unreachable: string;
    /** A store by a link, which its owner joins with on the command line. */
    readonly storeAction: string;
    readonly storeTitle: string;
    /** Before a command. */
    readonly storeHow: string;
    readonly storeAsks: string;
  };
  readonly accept: {
    readonly action: string;
    readonly title: string;
    readonly how: string;
    readonly field: string;
    readonly go: string;
    readonly scan: string;
    readonly scanHow: string;
    readonly scanning: string;
    readonly notInvitation: string;
    readonly stopScan: string;
    readonly starting: string;
    /** Nobody has answered for a while; it goes on. */
    readonly nobodyYet: string;
    readonly opened: string;
    readonly openedWhat: string;
    readonly openedHow: string;
    readonly connect: string;
    readonly notNow: string;
    /** A link was met while a pairing was under way. */
    readonly another: string;
    readonly anotherWhat: string;
    readonly useAnother: string;
    readonly goOn: string;
    readonly backToLink: string;
  };
  readonly confirm: {
    readonly title: string;
    readonly wants: (name: string) => string;
    readonly invites: (name: string) => string;
    readonly isStore: string;
    readonly isNameTaken: string;
    readonly isOwnName: string;
    readonly compare: string;
    readonly type: string;
    readonly typeWhy: string;
    readonly digits: string;
    readonly sixDigits: string;
    readonly yes: string;
    readonly no: string;
    readonly agreed: string;
    readonly agreedShown: string;
    readonly leaving: string;
  };
  /** Above everything else, once. */
  readonly evicted: string;
  readonly paired: {
    readonly title: string;
    readonly what: (name: string) => string;
  };
  readonly store: {
    readonly action: string;
    readonly what: string;
    readonly points: readonly string[];
    readonly needs: string;
    readonly go: string;
    readonly again: string;
    readonly linkInstead: string;
    readonly working: string;
    readonly compare: string;
    /** Before a command. */
    readonly how: string;
    readonly until: (time: string) => string;
    readonly moving: Counted;
    readonly movingHow: string;
    readonly doneTitle: string;
    readonly done: string;
  };
  readonly safety: {
    readonly action: string;
    readonly size: (entries: number, shown: string, bytes: string) => string;
    readonly where: string;
    readonly here: string;
    readonly inStore: string;
    readonly copies: string;
    readonly noCopy: string;
    readonly someCopies: Counted;
    readonly unverified: Counted;
    readonly keeping: string;
    readonly persisted: string;
    readonly notPersisted: string;
    readonly ask: string;
    readonly granted: string;
    readonly refused: string;
    readonly privateWindow: string;
    readonly privateWindowWhat: string;
    readonly sealed: string;
    readonly sealedWhat: string;
  };
  readonly problems: Readonly<Record<ProblemKey, ProblemText>>;
}
