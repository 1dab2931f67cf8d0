/** What the dialog's screens are given, and what they are. */
import type { Device } from "../device-status.ts";
import type { Follower } from "./follower.ts";
import type { Glance } from "./glance.ts";
import type { PairingFlow } from "./pairing-flow.ts";
import type { Problem } from "./problem.ts";
import type { Speech } from "./text/speech.ts";

/** What the element knows. */
export interface Known {
  readonly speech: Speech;
  readonly follower: Follower | undefined;
  readonly glance: Glance;
  /** Why the app could not connect, or why the client has ended. */
  readonly problem: Problem | undefined;
  /** Why what it reaches cannot be kept or read. */
  readonly trouble: Problem | undefined;
}

export interface Screen {
  readonly title: string;
  readonly content: readonly Node[];
  /** The first screen has no way back. */
  readonly isFirst?: boolean;
  /** For those who do not see that the screen is another one. */
  readonly said?: string;
  /** What is known differs. */
  readonly update?: () => void;
  readonly leave?: () => void;
  /** It stands before what goes on under it, to which this goes back; otherwise back is the first screen. */
  readonly back?: () => void;
}

export interface Stage {
  readonly known: Known;
  show(screen: Screen): void;
  /** Shows a screen of its own, whatever was under way. */
  offer(screen: Screen): void;
  home(): void;
  close(): void;
  /** Shows a pairing from here to its end; leaving it is giving it up. */
  pair(begin: (flow: PairingFlow) => Promise<void>): void;
  /** To those who cannot see it. */
  say(text: string): void;
  paired(device: Device): void;
}
