/**
 * The live connection to the data's source with its reconnect logic. Here and in the files beside, "store" stands for
 * whatever the source connects to: an app that holds its data itself is reached in the same way. Calls wait while there is none, for a bounded time; reads
 * are repeated on the next connection, writes are sent again under their numbers and applied once, watches continue
 * from their position.
 */
import {
  CLOSE_DONE,
  fields,
  codeOf,
  MasqError,
  readEntry,
  type Host,
  type Shown,
} from "@masq/core";
import type { SeenVersions } from "../seen-versions.ts";
import { invalid } from "../check-options.ts";
import { abortable } from "./abortable.ts";
import { AwayClock } from "./away-clock.ts";
import { DeviceLink } from "./device-link.ts";
import { aborted, outcomeUnknown, unreachable } from "./link-errors.ts";
import { Outbox } from "./outbox.ts";
import type { PendingRead } from "./pending-read.ts";
import type { Attachment, Source } from "./source.ts";
import { PendingWrite, type WriteOperation } from "./pending-write.ts";

const FIRST_BACK_OFF_MS = 50;
const MAX_BACK_OFF_MS = 5_000;
const SWEEP_MS = 100;
/** A store that says nothing for half of a call's patience is taken to hang: the other half is for finding it again. */
const SILENT_PART = 0.5;
const MIN_SILENCE_MS = 1_000;
const MAX_SILENCE_MS = 30_000;
/** As many as the store takes on one connection. */
const MAX_WATCHES = 1024;

export interface LinkOptions {
  readonly source: Source;
  readonly host: Pick<Host, "clock" | "random">;
  readonly seen: SeenVersions;
  /** How long a call waits in all for a store that is away or hangs, in milliseconds. */
  readonly patienceMs: number;
  readonly onStatus: () => void;
}

interface LinkWatch {
  readonly target: unknown;
  readonly deliver: (shown: readonly Shown[]) => void;
  position: number;
}

export class Link {
  readonly otherDevices: DeviceLink;
  readonly #options: LinkOptions;
  #attachment: Attachment | undefined;
  #replica: string | undefined;
  readonly #outbox: Outbox;
  readonly #watches = new Map<number, LinkWatch>();
  #lastWatch = 0;
  #position = 0;
  readonly #away: AwayClock;
  #attachedAt = 0;
  /** To connect, since a connection last proved useful. */
  #attempts = 0;
  #cancelTimer = (): void => {};
  #cancelSweep: (() => void) | undefined;
  #end: MasqError | undefined;
  /** Ends an attempt to connect that is under way, which might otherwise outlive the client. */
  readonly #ended = new AbortController();

  private constructor(options: LinkOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.seen);
    this.#away = new AwayClock(options.host.clock);
    this.otherDevices = new DeviceLink(options.onStatus);
  }

  /** Makes the first connection; rejects when it cannot be made. */
  static async open(options: LinkOptions, signal?: AbortSignal): Promise<Link> {
    const link = new Link(options);
    link.#attached(await link.#attach(true, signal));
    return link;
  }

  get isConnected(): boolean {
    return this.#attachment !== undefined;
  }

  /** Why the link is gone for good; undefined while it lives. */
  get end(): MasqError | undefined {
    return this.#end;
  }

  /** A call that changes nothing: repeated on the next connection when this one goes first. */
  read(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    return abortable(signal, (resolve, reject, onAbort) => {
      if (this.#refuse(signal, reject)) return;
      const read: PendingRead = {
        method,
        params,
        resolve,
        reject,
        awayBeforeMs: this.#away.totalMs,
      };
      this.#outbox.addRead(read);
      onAbort(() => {
        if (this.#outbox.removeRead(read)) reject(aborted(signal));
      });
      this.#send();
    });
  }

  /** One commit; resolves with each operation's version when it is durable. */
  write(operations: readonly WriteOperation[], signal?: AbortSignal): Promise<string[]> {
    return abortable(signal, (resolve, reject, onAbort) => {
      if (this.#refuse(signal, reject)) return;
      const write = this.#outbox.addWrite(operations, this.#away.totalMs, { resolve, reject });
      onAbort(() => this.#giveUp(write, write.wasSent ? outcomeUnknown() : aborted(signal)));
      this.#send();
    });
  }

  /** Follows a key or prefix until the returned function is called. */
  watch(target: unknown, deliver: (shown: readonly Shown[]) => void): () => void {
    if (this.#end !== undefined) throw this.#end;
    if (this.#watches.size >= MAX_WATCHES) {
      throw invalid(`A client holds at most ${MAX_WATCHES} watches`);
    }
    this.#lastWatch += 1;
    const id = this.#lastWatch;
    const watch: LinkWatch = { target, deliver, position: this.#position };
    this.#watches.set(id, watch);
    // From now on: the position is the store's at the time it takes this up, unless the connection goes before.
    if (this.#attachment !== undefined) this.#sendWatch(this.#attachment, id, watch, null);
    return () => {
      if (!this.#watches.delete(id) || this.#attachment === undefined) return;
      this.#attachment.caller.call("unwatch", id).catch(() => {});
    };
  }

  close(): void {
    if (this.#end !== undefined) return;
    const attachment = this.#attachment;
    this.#finish(new MasqError("MASQ_CLOSED", "This client was closed."));
    attachment?.session.close(CLOSE_DONE);
  }

  #refuse(signal: AbortSignal | undefined, reject: (error: unknown) => void): boolean {
    const reason = this.#end ?? (signal?.aborted === true ? aborted(signal) : undefined);
    if (reason !== undefined) reject(reason);
    return reason !== undefined;
  }

  #now(): number {
    return this.#options.host.clock.monotonic();
  }

  #attach(isFirst: boolean, signal: AbortSignal | undefined): Promise<Attachment> {
    const silenceMs = this.#options.patienceMs * SILENT_PART;
    return this.#options.source.attach({
      isFirst,
      signal,
      silenceMs: Math.min(Math.max(silenceMs, MIN_SILENCE_MS), MAX_SILENCE_MS),
      handlers: {
        event: (name, data) => this.#event(name, data),
        close: () => this.#lost(),
        silent: (ms) => this.#away.silent(ms),
        ended: (reason) => this.#finish(reason),
      },
    });
  }

  #attached(attachment: Attachment): void {
    if (attachment.session.isClosed) return this.#reconnectLater();
    if (this.#isOtherData(attachment)) this.#startOver(attachment);
    this.#replica = attachment.replica;
    this.#position = Math.max(this.#position, attachment.position);
    this.#attachment = attachment;
    this.#attachedAt = this.#now();
    this.#away.back();
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
    for (const [id, watch] of this.#watches) this.#sendWatch(attachment, id, watch, watch.position);
    this.otherDevices.attached((method, params) => attachment.caller.call(method, params));
    this.#outbox.connected();
    this.#send();
    this.#options.onStatus();
  }

  /** Sends what may be sent now; without a connection, minds the patience of what waits. */
  #send(): void {
    const attachment = this.#attachment;
    if (attachment === undefined) return this.#sweepLater();
    for (let call = this.#outbox.next(); call !== undefined; call = this.#outbox.next()) {
      if (call instanceof PendingWrite) this.#sendWrite(attachment, call);
      else this.#sendRead(attachment, call);
    }
  }

  #sendRead({ caller }: Attachment, read: PendingRead): void {
    caller.call(read.method, read.params).then(
      (result) => {
        this.#attempts = 0;
        if (this.#outbox.removeRead(read)) read.resolve(result);
      },
      (error: unknown) => {
        if (!this.#isLost(error) && this.#outbox.removeRead(read)) read.reject(error);
      },
    );
  }

  #sendWrite({ caller }: Attachment, write: PendingWrite): void {
    caller.call("write", write.params(this.#outbox.answeredBelow)).then(
      (results) => {
        this.#attempts = 0;
        this.#outbox.wasAnswered(write);
        const versions = write.answered(fields.asArray(results, "versions"), this.#options.seen);
        if (this.#outbox.removeWrite(write)) write.resolve(versions);
        this.#send();
      },
      (error: unknown) => {
        if (this.#isLost(error)) return;
        this.#outbox.wasAnswered(write);
        this.#giveUp(write, error);
        this.#send();
      },
    );
  }

  #sendWatch({ caller }: Attachment, id: number, watch: LinkWatch, after: number | null): void {
    caller.call("watch", [id, watch.target, after]).then(
      (result) => {
        const position = fields.asUint(result, "a position");
        this.#position = Math.max(this.#position, position);
        if (after === null) watch.position = Math.max(watch.position, position);
      },
      // Either the connection went, and the watch is made again on the next, or the store takes no more of them.
      (error: unknown) => {
        if (!this.#isLost(error)) this.#watches.delete(id);
      },
    );
  }

  #isLost(error: unknown): boolean {
    return codeOf(error) === "MASQ_STORE_UNREACHABLE";
  }

  #giveUp(write: PendingWrite, error: unknown): void {
    if (this.#outbox.removeWrite(write)) write.reject(error);
  }

  /** Another copy than before, or an earlier state of the same one, as when a backup was put back. */
  #isOtherData({ replica, position }: Attachment): boolean {
    if (this.#replica === undefined) return false;
    if (this.#replica !== replica) return true;
    // Every write of a replica moves its position by one or more, so what was seen of it tells where it has been.
    return position < Math.max(this.#position, this.#options.seen.counterOf(replica));
  }

  /** What was sent to the former data is never repeated here, and nothing that was seen later counts as seen. */
  #startOver({ replica, position }: Attachment): void {
    const moment = { replica, counter: position };
    this.#options.seen.putBack(moment);
    for (const write of this.#outbox.writes) {
      if (write.wasSent) this.#giveUp(write, outcomeUnknown());
      else write.putBack(moment);
    }
    this.otherDevices.fail(outcomeUnknown());
    this.#position = 0;
    for (const watch of this.#watches.values()) watch.position = 0;
  }

  #event(name: string, data: unknown): void {
    if (name === "watchFailed") return this.#watchAgainLater(fields.asUint(data, "a watch id"));
    if (name !== "changes") return this.otherDevices.event(name, data);
    const [idField, positionField, items] = fields.asArray(data, "changes");
    const watch = this.#watches.get(fields.asUint(idField, "a watch id"));
    const position = fields.asUint(positionField, "a position");
    this.#position = Math.max(this.#position, position);
    if (watch === undefined || position < watch.position) return;
    watch.position = position;
    const shown = fields.asArray(items, "entries").map(readEntry);
    if (shown.length > 0) watch.deliver(shown);
  }

  /** The store could not read what changed, on a failing disk for instance: the watch goes on when it can. */
  #watchAgainLater(id: number): void {
    const { clock } = this.#options.host;
    const attachment = this.#attachment;
    clock.setTimer(MAX_BACK_OFF_MS, () => {
      const watch = this.#watches.get(id);
      // A newer connection has made it again by itself.
      if (watch === undefined || attachment === undefined || this.#attachment !== attachment)
        return;
      this.#sendWatch(attachment, id, watch, watch.position);
    });
  }

  #lost(): void {
    if (this.#attachment === undefined || this.#end !== undefined) return;
    this.#attachment = undefined;
    this.otherDevices.lost();
    this.#outbox.disconnected();
    this.#away.gone();
    // A connection that neither answered nor lasted is no reason to be hasty with the next.
    if (this.#now() - this.#attachedAt >= MAX_BACK_OFF_MS) this.#attempts = 0;
    this.#rejectImpatient();
    this.#sweepLater();
    this.#options.onStatus();
    this.#reconnectLater();
  }

  /** Exponential back-off with full jitter, so that many apps do not come back at the same moment. */
  #reconnectLater(): void {
    if (this.#end !== undefined) return;
    const { clock, random } = this.#options.host;
    const ceiling = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    const fraction = ((random(1)[0] as number) + 1) / 256;
    this.#cancelTimer = clock.setTimer(ceiling * fraction, () => {
      this.#attach(false, this.#ended.signal).then(
        (attachment) => {
          if (this.#end === undefined) this.#attached(attachment);
          else attachment.session.close(CLOSE_DONE);
        },
        (error: unknown) => this.#attachFailed(error),
      );
    });
  }

  #attachFailed(error: unknown): void {
    const { source } = this.#options;
    if (error instanceof MasqError && source.isFinal(error, this.#away.currentMs))
      this.#finish(error);
    else this.#reconnectLater();
  }

  #sweepLater(): void {
    if (this.#end !== undefined || this.#cancelSweep !== undefined) return;
    this.#cancelSweep = this.#options.host.clock.setTimer(SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      if (this.#attachment !== undefined) return;
      this.#rejectImpatient();
      if (!this.#outbox.isEmpty) this.#sweepLater();
    });
  }

  #rejectImpatient(): void {
    const latest = this.#away.totalMs - this.#options.patienceMs;
    for (const read of this.#outbox.reads) {
      if (read.awayBeforeMs <= latest && this.#outbox.removeRead(read)) read.reject(unreachable());
    }
    for (const write of this.#outbox.writes) {
      if (write.awayBeforeMs > latest) continue;
      this.#giveUp(write, write.wasSent ? outcomeUnknown() : unreachable());
    }
  }

  #finish(reason: MasqError): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#ended.abort();
    this.#attachment = undefined;
    this.#cancelTimer();
    this.#cancelSweep?.();
    for (const read of this.#outbox.reads) {
      if (this.#outbox.removeRead(read)) read.reject(reason);
    }
    for (const write of this.#outbox.writes) {
      this.#giveUp(write, write.wasSent ? outcomeUnknown() : reason);
    }
    this.#watches.clear();
    this.otherDevices.finish(reason);
    this.#options.onStatus();
  }
}
