/** A link's watches: made again on each connection from where they were, so that nothing is missed. */
import { fields, readEntry, type Clock, type Shown } from "@masq/core";
import { invalid } from "../check-options.ts";
import { isLost } from "./link-errors.ts";
import type { Attachment } from "./source.ts";

/** As many as the store takes on one connection. */
const MAX_WATCHES = 1024;
/** How long a store that could not read what changed is left alone. */
const AGAIN_MS = 5_000;

interface LinkWatch {
  readonly target: unknown;
  readonly deliver: (shown: readonly Shown[]) => void;
  position: number;
}

export class Watches {
  readonly #clock: Clock;
  readonly #watches = new Map<number, LinkWatch>();
  #lastId = 0;
  #attachment: Attachment | undefined;
  #position = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The highest arrival number told by anything on these data. */
  get position(): number {
    return this.#position;
  }

  add(target: unknown, deliver: (shown: readonly Shown[]) => void): () => void {
    if (this.#watches.size >= MAX_WATCHES) {
      throw invalid(`A client holds at most ${MAX_WATCHES} watches`);
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const watch: LinkWatch = { target, deliver, position: this.#position };
    this.#watches.set(id, watch);
    // From now on: the position is the store's at the time it takes this up, unless the connection goes before.
    this.#send(id, watch, null);
    return () => {
      if (this.#watches.delete(id)) this.#attachment?.caller.call("unwatch", id).catch(() => {});
    };
  }

  attached(attachment: Attachment): void {
    this.#position = Math.max(this.#position, attachment.position);
    this.#attachment = attachment;
    for (const [id, watch] of this.#watches) this.#send(id, watch);
  }

  lost(): void {
    this.#attachment = undefined;
  }

  /** The next connection is to other data: 0 tells all of them, a position what came after it. */
  goOnFrom(position: number): void {
    this.#attachment = undefined;
    this.#position = position;
    for (const watch of this.#watches.values()) watch.position = position;
  }

  clear(): void {
    this.#watches.clear();
    this.#attachment = undefined;
  }

  /** The event `changes`. */
  changed(data: unknown): void {
    const [idField, positionField, items] = fields.asArray(data, "changes");
    const watch = this.#watches.get(fields.asUint(idField, "a watch id"));
    const position = fields.asUint(positionField, "a position");
    this.#position = Math.max(this.#position, position);
    if (watch === undefined || position < watch.position) return;
    watch.position = position;
    const shown = fields.asArray(items, "entries").map(readEntry);
    if (shown.length > 0) watch.deliver(shown);
  }

  /** The event `watchFailed`: the store could not read what changed, on a failing disk for instance. */
  failed(data: unknown): void {
    const id = fields.asUint(data, "a watch id");
    const attachment = this.#attachment;
    this.#clock.setTimer(AGAIN_MS, () => {
      const watch = this.#watches.get(id);
      // A newer connection has made it again by itself.
      if (watch !== undefined && this.#attachment === attachment) this.#send(id, watch);
    });
  }

  #send(id: number, watch: LinkWatch, after: number | null = watch.position): void {
    const attachment = this.#attachment;
    attachment?.caller.call("watch", [id, watch.target, after]).then(
      (result) => {
        // Of data that are left by now.
        if (this.#attachment !== attachment) return;
        const position = fields.asUint(result, "a position");
        this.#position = Math.max(this.#position, position);
        if (after === null) watch.position = Math.max(watch.position, position);
      },
      // Either the connection went, and the watch is made again on the next, or the store takes no more of them.
      (error: unknown) => {
        if (!isLost(error)) this.#watches.delete(id);
      },
    );
  }
}
