/** What a connection is to a link, which has one and may go over to another. */
import type { DeviceLink } from "./device-link.ts";
import type { Attachment, Source } from "./source.ts";

export interface Role {
  /** Its own, one it may go over to, or one that it has left. */
  is: "current" | "ahead" | "left";
  /** Told of the other devices on a connection that was left while waits for them went on. */
  devices: DeviceLink | undefined;
}

/** A connection to other data, to go over to once they hold the same. */
export interface Ahead {
  readonly attachment: Attachment;
  readonly source: Source;
  readonly role: Role;
}
