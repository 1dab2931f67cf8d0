/**
 * The bytes of a record, without its keys (docs/channel.md, "Record"): where its parts lie, and how data are padded.
 * The padding is Padmé (Nikitin and others, "Reducing Metadata Leakage from Encrypted Files and Communication with
 * PURBs", 2019): at most 12 % longer, and a length tells at most its highest bits.
 */
import { copyBytes } from "../bytes/bytes.ts";
import { AEAD_TAG_BYTES, DH_BYTES } from "../crypto/primitives.ts";
import { requireLength, sessionFailed } from "../crypto/session-failed.ts";
import { MasqError } from "../errors.ts";

/** The first byte of every record. */
export const RECORD_TYPE = 0x10;

/** dh (32) | pn u32be | n u32be. */
export const HEADER_BYTES: number = DH_BYTES + 8;
export const SEALED_HEADER_BYTES: number = HEADER_BYTES + AEAD_TAG_BYTES;
/** Where the body begins. */
export const BODY_OFFSET: number = 1 + SEALED_HEADER_BYTES;
/** What a record is longer than its padded plaintext. */
export const RECORD_OVERHEAD_BYTES: number = BODY_OFFSET + AEAD_TAG_BYTES;

const LENGTH_BYTES = 4;
const PADDING_FLOOR_BYTES = 256;
/** So that a record fits in 65,536 bytes, and with the relay's frame around it in 65,540. */
export const MAX_PLAINTEXT_BYTES = 65_400;
export const MAX_DATA_BYTES: number = MAX_PLAINTEXT_BYTES - LENGTH_BYTES;

/** The length on the padding grid for `bytes`, which is at most MAX_PLAINTEXT_BYTES. */
export const paddedLength = (bytes: number): number => {
  if (bytes <= PADDING_FLOOR_BYTES) return PADDING_FLOOR_BYTES;
  const exponent = 31 - Math.clz32(bytes);
  const kept = 32 - Math.clz32(exponent);
  const mask = (1 << (exponent - kept)) - 1;
  return Math.min((bytes + mask) & ~mask, MAX_PLAINTEXT_BYTES);
};

/** u32be length | data | zero bytes up to the grid. */
export const padData = (data: Uint8Array): Uint8Array => {
  if (data.length > MAX_DATA_BYTES) {
    throw new MasqError(
      "MASQ_MESSAGE_TOO_LARGE",
      `A record holds at most ${MAX_DATA_BYTES} bytes; the message must be split.`,
    );
  }
  const plaintext = new Uint8Array(paddedLength(LENGTH_BYTES + data.length));
  new DataView(plaintext.buffer).setUint32(0, data.length);
  plaintext.set(data, LENGTH_BYTES);
  return plaintext;
};

/** The data in a plaintext, as a view of it. Refuses any other length or content of the padding than ours. */
export const unpadData = (plaintext: Uint8Array): Uint8Array => {
  if (plaintext.length < PADDING_FLOOR_BYTES) throw sessionFailed();
  const length = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0);
  const end = LENGTH_BYTES + length;
  if (length > MAX_DATA_BYTES || paddedLength(end) !== plaintext.length) throw sessionFailed();
  let padding = 0;
  for (let index = end; index < plaintext.length; index++) padding |= plaintext[index] as number;
  if (padding !== 0) throw sessionFailed();
  return plaintext.subarray(LENGTH_BYTES, end);
};

/** Refuses, before any cryptography, what cannot be a record. */
export const requireRecord = (record: Uint8Array): void => {
  const plaintextBytes = record.length - RECORD_OVERHEAD_BYTES;
  const isOnGrid =
    plaintextBytes >= PADDING_FLOOR_BYTES &&
    plaintextBytes <= MAX_PLAINTEXT_BYTES &&
    paddedLength(plaintextBytes) === plaintextBytes;
  if (!isOnGrid || record[0] !== RECORD_TYPE) throw sessionFailed();
};

export interface RecordHeader {
  /** The writer's ratchet key. */
  readonly dh: Uint8Array;
  /** How many records its previous chain had. */
  readonly previousCount: number;
  /** The number of this record in its chain. */
  readonly number: number;
}

export const encodeHeader = (header: RecordHeader): Uint8Array => {
  requireLength(header.dh, DH_BYTES, "ratchet key");
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(header.dh);
  view.setUint32(DH_BYTES, header.previousCount);
  view.setUint32(DH_BYTES + 4, header.number);
  return bytes;
};

/** `bytes` have the right length, since a header of that length was opened. */
export const decodeHeader = (bytes: Uint8Array): RecordHeader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    dh: copyBytes(bytes.subarray(0, DH_BYTES)),
    previousCount: view.getUint32(DH_BYTES),
    number: view.getUint32(DH_BYTES + 4),
  };
};
