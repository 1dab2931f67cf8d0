/**
 * One end of a local connection after its handshake: messages in, messages out, over Noise transport records, or plain
 * ones where nothing lies between the two ends that must not read them.
 * What is sent in one turn travels together: sealing and framing cost once per flush, not once per message.
 */
import { concatBytes } from "../bytes/bytes.ts";
import { MasqError } from "../errors.ts";
import type { Socket } from "../host.ts";
import { AEAD_TAG_BYTES } from "../crypto/primitives.ts";
import { decodeItems, encodeItem } from "./cbor.ts";
import {
  CLOSE_FAILED,
  MAX_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  RECORD_LAST,
  RECORD_MORE,
} from "./protocol.ts";

const MAX_PIECE_BYTES = MAX_FRAME_BYTES - AEAD_TAG_BYTES - 1;
/** A long turn does not wait for its end: from here on the other end has enough to work on at the same time. */
const EARLY_BYTES = 8 * 1024;
const NO_AD = new Uint8Array(0);

/** What seals the records of one direction, in order; Noise's CipherState is one. */
export interface RecordCipher {
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Throws for a record that is not the next one as it was sealed. */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

export interface SessionHandlers {
  /** One decoded CBOR item; called in order. Throwing ends the session. */
  message(item: unknown): void;
  /** Called once. */
  close(code: number): void;
  /** Nothing waits to leave any more; `buffered` may have been seen above nothing before. */
  drain(): void;
}

const malformedRecord = (): MasqError =>
  new MasqError(
    "MASQ_MESSAGE_INVALID",
    "A record has an unknown kind, the wrong length or several large items.",
  );

export class LocalSession {
  readonly #socket: Socket;
  readonly #send: RecordCipher;
  readonly #receive: RecordCipher;
  #handlers: SessionHandlers | undefined;
  #outbox: Uint8Array[] = [];
  #outboxBytes = 0;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #maxMessageBytes = MAX_MESSAGE_BYTES;
  #isClosed = false;
  #received = 0;

  constructor(socket: Socket, ciphers: { send: RecordCipher; receive: RecordCipher }) {
    this.#socket = socket;
    this.#send = ciphers.send;
    this.#receive = ciphers.receive;
  }

  /** Bytes waiting to leave, here and in the socket. */
  get buffered(): number {
    return this.#outboxBytes + this.#socket.buffered;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Records that came in so far and were opened. */
  get received(): number {
    return this.#received;
  }

  /** Takes no message longer than this from now on: less than the protocol allows, from an end not yet trusted. */
  limitMessages(bytes: number): void {
    this.#maxMessageBytes = Math.min(bytes, MAX_MESSAGE_BYTES);
  }

  attach(handlers: SessionHandlers): void {
    this.#handlers = handlers;
    this.#socket.attach({
      message: (frame) => this.#open(frame),
      close: (code) => this.#ended(code),
      drain: () => handlers.drain(),
    });
  }

  /**
   * Queues one message; it leaves at the end of this turn at the latest, with others of the turn. Throws
   * MASQ_MESSAGE_TOO_LARGE for one the other end would not take.
   */
  send(item: unknown): void {
    if (this.#isClosed) return;
    const bytes = encodeItem(item);
    if (bytes.length > MAX_MESSAGE_BYTES) {
      throw new MasqError(
        "MASQ_MESSAGE_TOO_LARGE",
        "The message is larger than the protocol allows; it was not sent.",
      );
    }
    if (this.#outbox.length === 0) queueMicrotask(() => this.#endTurn());
    this.#outbox.push(bytes);
    this.#outboxBytes += bytes.length;
    if (this.#outboxBytes >= EARLY_BYTES) this.flush();
  }

  /** A socket that takes everything at once never drains: whoever saw the outbox full is told here. */
  #endTurn(): void {
    this.flush();
    if (!this.#isClosed && this.#socket.buffered === 0) this.#handlers?.drain();
  }

  /** Sends what is queued now. */
  flush(): void {
    const items = this.#outbox;
    this.#outbox = [];
    this.#outboxBytes = 0;
    if (this.#isClosed) return;
    for (let start = 0; start < items.length;) {
      let bytes = 0;
      let end = start;
      while (
        end < items.length &&
        (end === start || bytes + (items[end] as Uint8Array).length <= MAX_PIECE_BYTES)
      ) {
        bytes += (items[end] as Uint8Array).length;
        end += 1;
      }
      this.#seal(items.slice(start, end), bytes);
      start = end;
    }
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends what is queued, then closes. Idempotent. */
  close(code: number): void {
    if (this.#isClosed) return;
    this.flush();
    this.#isClosed = true;
    this.#socket.close(code);
  }

  /** Ends the session at once, without a farewell: the other end fails, or is not there to take it. */
  abandon(code: number): void {
    if (this.#isClosed) return;
    this.#socket.close(code);
    this.#ended(code);
  }

  #seal(items: readonly Uint8Array[], length: number): void {
    if (length <= MAX_PIECE_BYTES) {
      const record = new Uint8Array(1 + length);
      record[0] = RECORD_LAST;
      let offset = 1;
      for (const item of items) {
        record.set(item, offset);
        offset += item.length;
      }
      this.#socket.send(this.#send.encryptWithAd(NO_AD, record));
      return;
    }
    const message = items.length === 1 ? (items[0] as Uint8Array) : concatBytes(...items);
    for (let start = 0; start < length; start += MAX_PIECE_BYTES) {
      const end = Math.min(start + MAX_PIECE_BYTES, length);
      const record = new Uint8Array(1 + end - start);
      record[0] = end === length ? RECORD_LAST : RECORD_MORE;
      record.set(message.subarray(start, end), 1);
      this.#socket.send(this.#send.encryptWithAd(NO_AD, record));
    }
  }

  #open(frame: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      const record = this.#receive.decryptWithAd(NO_AD, frame);
      this.#received += 1;
      const isWhole = this.#pieces.length === 0;
      const message = this.#reassemble(record);
      if (message === undefined) return;
      const items = decodeItems(message);
      // A large message is one item: millions of tiny ones would cost far more memory than they take on the wire.
      if (!isWhole && items.length !== 1) throw malformedRecord();
      for (const item of items) {
        if (this.#isClosed) return;
        this.#handlers?.message(item);
      }
    } catch {
      // A bad tag, a malformed message, an unexpected one: all look the same from outside.
      this.abandon(CLOSE_FAILED);
    }
  }

  #reassemble(record: Uint8Array): Uint8Array | undefined {
    const flag = record[0];
    const piece = record.subarray(1);
    // A record that promises more is full: small pieces could otherwise cost far more memory than they carry.
    if (flag !== RECORD_LAST && (flag !== RECORD_MORE || piece.length !== MAX_PIECE_BYTES)) {
      throw malformedRecord();
    }
    if (this.#pieceBytes + piece.length > this.#maxMessageBytes) {
      throw new MasqError(
        "MASQ_MESSAGE_TOO_LARGE",
        "A message is larger than the protocol allows.",
      );
    }
    if (flag === RECORD_LAST && this.#pieces.length === 0) return piece;
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
    if (flag === RECORD_MORE) return undefined;
    const message = concatBytes(...this.#pieces);
    this.#pieces = [];
    this.#pieceBytes = 0;
    return message;
  }

  #ended(code: number): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    this.#isClosed = true;
    handlers?.close(code);
  }
}
