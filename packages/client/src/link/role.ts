/** What a connection is to a link, which has one and may go over to another. */
import type { Attachment, Source } from "./source.ts";

/** Known by itself alone. */
export type Role = object;

/** A connection to other data, to go over to once they hold the same. */
export interface Ahead {
  readonly attachment: Attachment;
  readonly source: Source;
  readonly role: Role;
}
