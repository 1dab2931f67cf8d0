/** A dot names one write: the replica that made it and that replica's count of writes so far. */
import type { ReplicaId } from "./ids.ts";

export interface Dot {
  readonly replica: ReplicaId;
  /** 1 for a replica's first write. */
  readonly counter: number;
}
