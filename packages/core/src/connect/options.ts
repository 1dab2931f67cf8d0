/** What a connector is told and what it asks of those who speak over it (docs/channel.md, "Connecting"). */
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DhKey } from "../crypto/primitives.ts";
import type { Host } from "../host.ts";
import type { Role } from "../noise/pattern.ts";
import type { MessageChannel } from "../sync/peer-sync.ts";

/** Who speaks over one session. What it throws, or refuses by a promise, ends the session and nothing else. */
export interface SessionOwner {
  /**
   * Something was said that the other device has to answer, and has not answered yet. A session in which nothing moves for a
   * minute meanwhile ends.
   */
  readonly awaitsAnswer: boolean;
  /**
   * Takes the next message. With a promise the owner says that it needs time: until it is settled no further message is
   * handed over and nothing more is granted to the other device, which thereby waits.
   */
  message(bytes: Uint8Array): void | Promise<void>;
  /** `send` has said false, and would take the next message now. */
  writable(): void;
  /** The session is over, whoever ended it. Called once, after which nothing else is. */
  closed(): void;
}

export interface PeerConnectorOptions {
  readonly host: Pick<Host, "clock" | "random">;
  readonly crypto: PeerPrimitives;
  /** Device ids have 32 bytes; keys are X25519 static keys. The caller keeps `own.key`, and destroys it. */
  readonly own: { readonly id: Uint8Array; readonly key: DhKey };
  readonly remote: { readonly id: Uint8Array; readonly key: Uint8Array };
  /** SHA-256 of our device log's heads, for message 2. Asked for each handshake. */
  readonly logHeads: () => Uint8Array;
  /**
   * A session stands, and the other device has proved who it is. Called again for each new session. Our `role` says who
   * speaks first.
   */
  readonly opened: (channel: MessageChannel, role: Role) => SessionOwner;
  /** The other device waits at the relay of this name. Told often; must not throw. */
  readonly isAt?: (relay: string) => void;
  /** Told of every change of `status`. Must not throw. */
  readonly onStatus?: (status: PeerStatus) => void;
}

/**
 * `apart`: the other device waits at no rendezvous of ours. `connecting`: it is there, but no session stands.
 * `connected`: a session stands.
 */
export type PeerStatus = "apart" | "connecting" | "connected";
