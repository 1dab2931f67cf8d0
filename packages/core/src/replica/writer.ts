/**
 * Numbered writes: a client instance numbers its writes, and the replica keeps the last number in the same
 * transaction as the write, so that a write repeated after a lost answer is applied once. Of the numbers up to the last
 * one, those of refused writes are kept too: repeated, they are refused again and never taken for applied.
 */
import { pushVarint, readVarint } from "../bytes/varint.ts";
import type { Dot } from "../data/dot.ts";
import type { NamespaceId } from "../data/ids.ts";
import { toMasqError } from "../defects.ts";
import { MasqError, type ErrorCode } from "../errors.ts";
import type { Storage } from "../storage.ts";

export interface WriteNumber {
  /** Random id of the client instance, hexadecimal. */
  readonly writer: string;
  /** Greater than that of every earlier write of this writer. */
  readonly number: number;
  /** All writes of this writer below this number have been answered: they will not be repeated. */
  readonly answeredBelow?: number | undefined;
  /** Called when the write has its dots, before it is durable. */
  readonly planned?: (dots: readonly (Dot | undefined)[]) => void;
}

export interface WriterNote {
  readonly last: number;
  /** The replica's arrival number when it was written. */
  readonly arrival: number;
  /** Numbers up to the last whose write was refused, and why. */
  readonly refused: ReadonlyMap<number, ErrorCode>;
}

const WRITER_NOTE_PREFIX = "writer/";
/** Writers whose last number is kept. A client gives a write up long before as many others have come after it. */
const MAX_WRITERS = 4096;

export const writerNoteName = (writer: string): string => WRITER_NOTE_PREFIX + writer;

/** Reasons for which a write can be refused that may not hold any more when it is repeated; kept by their place. */
const REFUSALS: readonly ErrorCode[] = [
  "MASQ_STORAGE_FAILED",
  "MASQ_STORAGE_FULL",
  "MASQ_CONFLICT",
];

export const writerNote = ({ last, arrival, refused }: WriterNote): Uint8Array => {
  const out: number[] = [];
  pushVarint(out, last);
  pushVarint(out, arrival);
  for (const [number, code] of refused) {
    pushVarint(out, number);
    out.push(Math.max(0, REFUSALS.indexOf(code)));
  }
  return new Uint8Array(out);
};

export const readWriterNote = (note: Uint8Array | undefined): WriterNote => {
  const last = note && readVarint(note, 0);
  const arrival = last && readVarint(note, last.end);
  const refused = new Map<number, ErrorCode>();
  for (let next = arrival && readVarint(note, arrival.end); next !== undefined;) {
    refused.set(next.value, REFUSALS[note?.[next.end] ?? 0] ?? "MASQ_STORAGE_FAILED");
    next = note && readVarint(note, next.end + 1);
  }
  return { last: last?.value ?? 0, arrival: arrival?.value ?? 0, refused };
};

/** Clients have fewer writes under way. */
const MAX_REFUSED = 4096;

/** Numbers come in ascending order but for those that are repeated, so that looking at the first ones is enough. */
const forgetBelow = (refused: Map<number, ErrorCode>, number: number): void => {
  for (const first of refused.keys()) {
    if (first >= number) return;
    refused.delete(first);
  }
};

/** What became of each writer's refused writes since its note was written last. */
export class RefusedWrites {
  readonly #refusedByWriter = new Map<string, Map<number, ErrorCode>>();

  remember({ writer, number, answeredBelow = 0 }: WriteNumber, reason: unknown): void {
    const refused = this.#refusedByWriter.get(writer) ?? new Map<number, ErrorCode>();
    forgetBelow(refused, answeredBelow);
    refused.set(number, toMasqError(reason).code);
    // A client that has never heard of so many answers is none of ours.
    if (refused.size > MAX_REFUSED) refused.delete(refused.keys().next().value as number);
    this.#refusedByWriter.set(writer, refused);
    if (this.#refusedByWriter.size <= MAX_WRITERS) return;
    const [oldest] = this.#refusedByWriter.keys();
    this.#refusedByWriter.delete(oldest as string);
  }

  /** Whether this write was carried out before. Throws the reason again when it was refused before. */
  wasApplied({ writer, number }: WriteNumber, note: WriterNote): boolean {
    const code = note.refused.get(number) ?? this.#refusedByWriter.get(writer)?.get(number);
    if (number > note.last) return false;
    if (code === undefined) return true;
    throw new MasqError(
      code,
      "This write was refused when it was first made, and was not applied.",
    );
  }

  /** The note that goes with the write `number`, made at `arrival`. */
  noteOf(
    { writer, number, answeredBelow = 0 }: WriteNumber,
    before: WriterNote,
    arrival: number,
  ): Uint8Array {
    const recent = this.#refusedByWriter.get(writer) ?? new Map<number, ErrorCode>();
    const refused = [...before.refused, ...recent]
      .filter(([refusedNumber]) => refusedNumber >= answeredBelow && refusedNumber < number)
      .slice(-MAX_REFUSED);
    // This one is being carried out now, whatever became of it before.
    recent.delete(number);
    forgetBelow(recent, answeredBelow);
    return writerNote({ last: number, arrival, refused: new Map(refused) });
  }
}

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
