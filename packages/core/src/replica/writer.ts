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
  /** The replica's arrival number when it was written. */
  readonly arrival: number;
}

const WRITER_NOTE_PREFIX = "writer/";
/** Writers whose last number is kept. A client gives a write up long before as many others have come after it. */
const MAX_WRITERS = 4096;

export const writerNoteName = (writer: string): string => WRITER_NOTE_PREFIX + writer;

export const writerNote = ({ last, arrival }: WriterNote): Uint8Array => {
  const out: number[] = [];
  pushVarint(out, last);
  pushVarint(out, arrival);
  return Uint8Array.from(out);
};

export const readWriterNote = (note: Uint8Array | undefined): WriterNote => {
  const last = note && readVarint(note, 0);
  const arrival = last && readVarint(note, last.end);
  return { last: last?.value ?? 0, arrival: arrival?.value ?? 0 };
};

/** Forgets the writers of `namespace` that have been silent for longest, by what came after them and not by any clock. */
export const pruneWriters = async (storage: Storage, namespace: NamespaceId): Promise<void> => {
  const notes = await storage.notes(namespace, WRITER_NOTE_PREFIX);
  const old = notes
    .map(([name, note]) => ({ name, arrival: readWriterNote(note).arrival }))
    .toSorted((a, b) => b.arrival - a.arrival)
    .slice(MAX_WRITERS);
  if (old.length === 0) return;
  await storage.update(namespace, {}, () => ({
    notes: old.map(({ name }) => [name, undefined] as const),
    result: undefined,
  }));
};
