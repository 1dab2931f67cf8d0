/**
 * One connection of an app or of the command line, after its handshake. Requests are taken up in order and answered
 * as they finish; how much is taken up at once is bounded, and nothing more is read while the other end does not read.
 */
import { toMasqError } from "../defects.ts";
import type { MasqError } from "../errors.ts";
import { errorItem, eventItem, readRequest, resultItem } from "./answers.ts";
import type { Request } from "./messages.ts";
import { CLOSE_FAILED } from "./protocol.ts";
import type { LocalSession } from "./session.ts";

/** Requests taken up and not yet answered. Replies to reads can be a page each, so few of those; writes only wait for the flush. */
const MAX_READS = 64;
/** A request for a page may bring many large values into memory: it counts as several reads. */
const PAGE_METHODS: readonly string[] = ["getMany", "list", "conflicts"];
const PAGE_WEIGHT = 16;
const MAX_WRITES = 4096;
const MAX_WRITE_BYTES = 8 * 1024 * 1024;
/** Bytes waiting to be read by the other end, above which nothing more is taken up. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** What answers the requests. */
export interface Service {
  handle(method: string, params: unknown): Promise<unknown>;
  /** The other end does not read, or reads again: hold events back, or go on. */
  pause(): void;
  resume(): void;
  /** The connection is gone. */
  close(): void;
}

export interface ConnectionOptions {
  readonly session: LocalSession;
  readonly service: Service;
  /** Told of errors that are defects of ours, and of the end. */
  readonly defect: (error: MasqError) => void;
  readonly closed: (code: number) => void;
}

export class Connection {
  readonly #session: LocalSession;
  readonly #service: Service;
  readonly #options: ConnectionOptions;
  #waiting: Request[] = [];
  #next = 0;
  #reads = 0;
  #writes = 0;
  #writeBytes = 0;
  #isReading = true;
  #isServicePaused = false;

  constructor(options: ConnectionOptions) {
    this.#session = options.session;
    this.#service = options.service;
    this.#options = options;
  }

  /** Begins to listen. What came in right behind the handshake is handed over at once. */
  open(): void {
    const { service, closed } = this.#options;
    this.#session.attach({
      message: (item) => {
        this.#waiting.push(readRequest(item));
        this.#takeUp();
      },
      close: (code) => {
        this.#waiting = [];
        this.#next = 0;
        service.close();
        closed(code);
      },
      drain: () => {
        if (this.#isHeldBack()) return;
        if (this.#isServicePaused) {
          this.#isServicePaused = false;
          service.resume();
        }
        this.#takeUp();
      },
    });
  }

  /** Sends an event. One that cannot be sent ends this connection alone: whoever caused it must not feel it. */
  emit(name: string, data: unknown): void {
    try {
      this.#session.send(eventItem(name, data));
    } catch (error) {
      this.#options.defect(toMasqError(error));
      this.close(CLOSE_FAILED);
      return;
    }
    if (!this.#isHeldBack() || this.#isServicePaused) return;
    this.#isServicePaused = true;
    this.#service.pause();
  }

  close(code: number): void {
    this.#waiting = [];
    this.#next = 0;
    this.#session.close(code);
  }

  #isHeldBack(): boolean {
    return this.#session.buffered > HIGH_WATER_BYTES;
  }

  #takeUp(): void {
    while (this.#next < this.#waiting.length && !this.#isHeldBack() && !this.#session.isClosed) {
      const request = this.#waiting[this.#next] as Request;
      if (!this.#hasRoomFor(request)) break;
      this.#next += 1;
      void this.#answer(request);
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    const mayRead = this.#waiting.length === 0;
    if (mayRead === this.#isReading || this.#session.isClosed) return;
    this.#isReading = mayRead;
    if (mayRead) this.#session.resume();
    else this.#session.pause();
  }

  #hasRoomFor({ method }: Request): boolean {
    return method === "write"
      ? this.#writes < MAX_WRITES && this.#writeBytes < MAX_WRITE_BYTES
      : this.#reads < MAX_READS;
  }

  async #answer(request: Request): Promise<void> {
    const isWrite = request.method === "write";
    const bytes = isWrite ? valueBytes(request.params) : 0;
    const reads = isWrite ? 0 : PAGE_METHODS.includes(request.method) ? PAGE_WEIGHT : 1;
    if (isWrite) this.#writes += 1;
    this.#reads += reads;
    this.#writeBytes += bytes;
    try {
      const result = await this.#service.handle(request.method, request.params);
      this.#session.send(resultItem(request.id, result));
    } catch (reason) {
      const error = toMasqError(reason);
      if (error.code === "MASQ_INTERNAL") this.#options.defect(error);
      this.#session.send(errorItem(request.id, error));
    } finally {
      if (isWrite) this.#writes -= 1;
      this.#reads -= reads;
      this.#writeBytes -= bytes;
      if (this.#waiting.length > 0) this.#takeUp();
    }
  }
}

/** Bytes of values in a write's parameters, which have not been checked yet. */
const valueBytes = (params: unknown): number => {
  const operations: unknown = Array.isArray(params) ? params[1] : undefined;
  if (!Array.isArray(operations)) return 0;
  return operations.reduce((sum: number, operation: unknown) => {
    const value: unknown = Array.isArray(operation) ? operation[1] : undefined;
    return sum + (value instanceof Uint8Array ? value.length : 0);
  }, 0);
};
