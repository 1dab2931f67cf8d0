/**
 * Numbered writes: a client instance numbers its writes, and the replica keeps the last number in the same
 * transaction as the write, so that a write repeated after a lost answer is applied once.
 */
import { pushVarint, readVarint } from "../bytes/varint.ts";
import type { Dot } from "../data/dot.ts";
import type { NamespaceId } from "../data/ids.ts";
import type { Storage } from "../storage.ts";

export interface WriteNumber {
  /** Random id of the client instance, hexadecimal. */
  readonly writer: string;
  /** Greater than that of every earlier write of this writer. */
  readonly number: number;
  /** Called when the write has its dots, before it is durable. */
  readonly planned?: (dots: readonly (Dot | undefined)[]) => void;
}

export interface WriterNote {
  readonly last: number;
  /** When it was written, in milliseconds since 1970. */
  readonly time: number;
}

const WRITER_NOTE_PREFIX = "writer/";
/** A writer silent for this long has given up every write it still had under way; its note may go. */
const WRITER_NOTE_AGE_MS: number = 7 * 24 * 60 * 60 * 1000;

export const writerNoteName = (writer: string): string => WRITER_NOTE_PREFIX + writer;

export const writerNote = (last: number, time: number): Uint8Array => {
  const out: number[] = [];
  pushVarint(out, last);
  pushVarint(out, Math.max(0, Math.floor(time)));
  return Uint8Array.from(out);
};

export const readWriterNote = (note: Uint8Array | undefined): WriterNote => {
  const last = note && readVarint(note, 0);
  const time = last && readVarint(note, last.end);
  return { last: last?.value ?? 0, time: time?.value ?? 0 };
};

/** Forgets the writers of `namespace` that have been silent for WRITER_NOTE_AGE_MS. */
export const pruneWriters = async (storage: Storage, namespace: NamespaceId, now: number): Promise<void> => {
  const notes = await storage.notes(namespace, WRITER_NOTE_PREFIX);
  const old = notes.filter(([, note]) => now - readWriterNote(note).time > WRITER_NOTE_AGE_MS);
  if (old.length === 0) return;
  await storage.update(namespace, {}, () => ({
    notes: old.map(([name]) => [name, undefined] as const),
    result: undefined,
  }));
};
