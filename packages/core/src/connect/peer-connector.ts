/**
 * Keeps up one session with one known device over any number of relays (docs/channel.md, "Connecting"). The initiator decides
 * where: it begins on one slot and keeps the others in reserve. The responder answers everywhere, and believes the
 * newest session whose writer has proved itself.
 */
import { channelRole } from "../channel/handshake.ts";
import { pairRoot } from "../channel/rendezvous.ts";
import { sessionFailed } from "../crypto/session-failed.ts";
import type { Role } from "../noise/pattern.ts";
import type { RelayLink } from "../relay/relay-link.ts";
import type { Meeting } from "./meeting.ts";
import type { PeerConnectorOptions, PeerStatus, SessionOwner } from "./options.ts";
import { RelayMeetings } from "./relay-meetings.ts";
import type { SessionChannel } from "./session-channel.ts";

export class PeerConnector {
  readonly #options: PeerConnectorOptions;
  readonly #role: Role;
  readonly #relays = new Map<RelayLink, RelayMeetings>();
  #root: Uint8Array | undefined;
  #remoteLogHeads: Uint8Array | undefined;
  #status: PeerStatus = "apart";
  #isChanging = false;
  #isClosed = false;

  /**
   * Connects as soon as it has a relay, and again after each loss, until `close`. MASQ_INTERNAL if both ids are the same. A
   * remote key that cannot be one is never met: the status stays `apart`.
   */
  constructor(options: PeerConnectorOptions) {
    const { crypto, own, remote } = options;
    this.#options = options;
    this.#role = channelRole(own.id, remote.id);
    pairRoot(crypto, own.key, remote.key).then(
      (root) => {
        if (this.#isClosed) return void root.fill(0);
        this.#root = root;
        for (const relay of this.#relays.values()) relay.refresh();
      },
      () => {},
    );
  }

  get status(): PeerStatus {
    return this.#status;
  }

  /** SHA-256 of the other device's log heads, as of the last handshake in which we were the initiator. */
  get remoteLogHeads(): Uint8Array | undefined {
    return this.#remoteLogHeads;
  }

  /** Meets the other device at this relay too. `name`: its address as a device record has it, the same on both devices. */
  addRelay(link: RelayLink, name: string): void {
    if (this.#isClosed || this.#relays.has(link)) return;
    const relay = new RelayMeetings({
      peer: this.#options,
      role: this.#role,
      link,
      name,
      root: () => this.#root,
      stands: (meeting, channel, heads) => this.#stands(meeting, channel, heads),
      changed: () => this.#changed(),
    });
    this.#relays.set(link, relay);
  }

  /** A session over it ends, and another follows over one of the rest. The link itself stays. */
  removeRelay(link: RelayLink): void {
    const relay = this.#relays.get(link);
    this.#relays.delete(link);
    relay?.close();
  }

  /** Ends the session; another follows at once. */
  restart(): void {
    this.#meetings.find(({ hasSession }) => hasSession)?.restart();
  }

  /** Ends the session and gives up every rendezvous; the links stay. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const link of this.#relays.keys()) this.removeRelay(link);
    this.#root?.fill(0);
    this.#setStatus("apart");
  }

  /** The best place for a handshake first: a relay that has not failed of late, then an epoch that still lasts long. */
  get #meetings(): Meeting[] {
    return [...this.#relays.values()]
      .toSorted((a, b) => a.failures - b.failures)
      .flatMap(({ meetings }) => meetings);
  }

  #stands(meeting: Meeting, channel: SessionChannel, heads: Uint8Array | undefined): SessionOwner {
    if (heads !== undefined) this.#remoteLogHeads = heads;
    // The initiator has turned to this one, so it has given the older one up, or lost it without our knowing yet.
    for (const other of this.#meetings) {
      if (other !== meeting && other.hasSession) other.restart();
    }
    // Ended meanwhile by the owner of the older one.
    if (!meeting.hasSession) throw sessionFailed();
    const owner = this.#options.opened(channel, this.#role);
    this.#changed();
    return owner;
  }

  /** Later in this turn, once: a link that is lost tells its slots one after another. */
  #changed(): void {
    if (this.#isChanging) return;
    this.#isChanging = true;
    queueMicrotask(() => {
      this.#isChanging = false;
      if (!this.#isClosed) this.#choose();
    });
  }

  #choose(): void {
    for (const { name, meetings } of this.#relays.values())
      if (meetings.some(({ isUp }) => isUp)) this.#options.isAt?.(name);
    const all = this.#meetings;
    const isBusy = all.some((meeting) => meeting.isUp && !meeting.isIdle);
    if (this.#role === "initiator" && !isBusy) all.find(({ isIdle }) => isIdle)?.begin();
    const hasSession = all.some((meeting) => meeting.hasSession);
    const isThere = all.some(({ isUp }) => isUp);
    this.#setStatus(hasSession ? "connected" : isThere ? "connecting" : "apart");
  }

  #setStatus(status: PeerStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#options.onStatus?.(status);
  }
}
