/** The entries that are written and read: all alike, 200 bytes of text under keys that sort by their number. */

export const FRAME_BYTES = 200;

export interface Sample {
  readonly key: string;
  readonly value: string;
}

export const keyOf = (index: number, folder = "places"): string =>
  `${folder}/${String(index).padStart(8, "0")}`;

export const sample = (index: number, folder?: string): Sample => ({
  key: keyOf(index, folder),
  value: `${index} `.padEnd(FRAME_BYTES, "the quick brown fox "),
});

export const samples = (start: number, count: number, folder?: string): Sample[] =>
  Array.from({ length: count }, (_, index) => sample(start + index, folder));

export const randomIndex = (count: number): number => Math.floor(Math.random() * count);
