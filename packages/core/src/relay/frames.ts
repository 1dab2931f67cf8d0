/** Every frame of the relay protocol as data (docs/relay.md, "Frames"). */
import type { DownReason, ListenStatus } from "./protocol.ts";

export interface ListenEntry {
  readonly slot: number;
  /** The rendezvous id, the same for both ends. */
  readonly id: Uint8Array;
  /** Which end this is, and the proof that it may be. */
  readonly sideKey: Uint8Array;
}

export interface HelloFrame {
  readonly type: "hello";
  readonly features: number;
  /** The largest frame this device takes. */
  readonly largestFrame: number;
  /** Empty for a relay that is open to all. */
  readonly accessToken: Uint8Array;
}

export interface WelcomeFrame {
  readonly type: "welcome";
  readonly features: number;
  readonly maxFrame: number;
  readonly maxTokens: number;
  readonly initialCredit: number;
  readonly pingSeconds: number;
  /** 0 when the relay does not say. */
  readonly bytesPerSecond: number;
  /** The relay's clock. */
  readonly unixSeconds: number;
  /** Over how long devices should spread their return after a restart. */
  readonly reconnectJitterMs: number;
}

export interface PeerUpFrame {
  readonly type: "peer-up";
  readonly epoch: number;
  readonly slot: number;
  /** How much may be sent before the first CREDIT. */
  readonly credit: number;
}

export interface PeerDownFrame {
  readonly type: "peer-down";
  readonly epoch: number;
  readonly slot: number;
  readonly reason: DownReason;
  /** How many bytes of this epoch the relay had taken from this device. */
  readonly received: number;
}

export interface DataFrame {
  readonly type: "data";
  readonly epoch: number;
  readonly slot: number;
  readonly bytes: Uint8Array;
}

export interface CreditFrame {
  readonly type: "credit";
  readonly epoch: number;
  readonly slot: number;
  /** How many bytes may be sent in this epoch, counted from its beginning. */
  readonly limit: number;
}

export interface ErrorFrame {
  readonly type: "error";
  /** The close code that follows. */
  readonly code: number;
  readonly retryAfterSeconds: number;
}

export type RelayFrame =
  | HelloFrame
  | WelcomeFrame
  | { readonly type: "listen"; readonly entries: readonly ListenEntry[] }
  | { readonly type: "unlisten"; readonly slots: readonly number[] }
  | {
      readonly type: "listening";
      readonly entries: readonly { readonly slot: number; readonly status: ListenStatus }[];
    }
  | PeerUpFrame
  | PeerDownFrame
  | DataFrame
  | CreditFrame
  | { readonly type: "ping"; readonly nonce: Uint8Array }
  | { readonly type: "pong"; readonly nonce: Uint8Array }
  | {
      readonly type: "go-away";
      readonly minMs: number;
      readonly maxMs: number;
      readonly reason: number;
    }
  | { readonly type: "throttled"; readonly limitId: number; readonly rate: number }
  | ErrorFrame;
