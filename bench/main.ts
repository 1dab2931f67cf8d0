/**
 * `npm run bench`: every figure beside the platform's own limit, measured in the same run. bench/README.md says what
 * each means. `-- --json`, `-- --only NAME` (again for more), `-- --quick`, `-- --full`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Figure, Scale } from "./figure.ts";
import { BROWSER } from "./figures/browser.ts";
import { CHANNEL } from "./figures/channel.ts";
import { FIRST_SYNC } from "./figures/first-sync.ts";
import { READS } from "./figures/reads.ts";
import { SIZE } from "./figures/size.ts";
import { SYNC } from "./figures/sync.ts";
import { WRITES } from "./figures/writes.ts";

const FIGURES: readonly Figure[] = [
  ...READS,
  ...WRITES,
  ...SIZE,
  ...CHANNEL,
  ...FIRST_SYNC,
  ...SYNC,
  ...BROWSER,
];
const ROUNDS = 7;
const QUICK_ROUNDS = 3;

interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: number;
  readonly ratio: number;
  /** Null where there is none. */
  readonly goal: string | null;
  readonly met: boolean | null;
}

const wanted = (names: readonly string[], full: boolean): readonly Figure[] => {
  const unknown = names.find((name) => FIGURES.every((figure) => figure.name !== name));
  if (unknown !== undefined) {
    console.error(
      `There is no figure ${unknown}. Known: ${FIGURES.map(({ name }) => name).join(", ")}.`,
    );
    process.exit(2);
  }
  return names.length === 0
    ? FIGURES.filter(({ isLong }) => full || isLong !== true)
    : FIGURES.filter(({ name }) => names.includes(name));
};

const run = async (figure: Figure, quick: boolean): Promise<Result> => {
  const directory = mkdtempSync(join(tmpdir(), "masq-bench-"));
  const scale: Scale = {
    rounds: quick ? QUICK_ROUNDS : ROUNDS,
    of: (many) => (quick ? Math.ceil(many / 10) : many),
    directory,
  };
  try {
    const pair = await figure.measure(scale);
    const { name, unit, goal } = figure;
    const ratio = goal === undefined ? pair.value / pair.limit : goal.ratio(pair);
    return {
      name,
      unit,
      ...pair,
      ratio,
      goal: goal?.text ?? null,
      met: goal?.isMet(ratio) ?? null,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const shown = (number: number): string =>
  number >= 1000 ? Math.round(number).toLocaleString("en") : number.toPrecision(3);

const VERDICT = { true: "met", false: "MISSED", null: "" } as const;

/** Columns as wide as their widest cell, numbers to the right. */
const table = (results: readonly Result[]): string => {
  const rows = results.map((result) => {
    const { title, limitTitle } = FIGURES.find(({ name }) => name === result.name) as Figure;
    const goal = result.goal ?? "no goal";
    return [
      `${title} (${result.name})`,
      `${shown(result.value)} ${result.unit}`,
      `${shown(result.limit)} ${result.unit}`,
      result.ratio.toFixed(2),
      VERDICT[`${result.met}`],
      goal,
      limitTitle,
    ];
  });
  const all = [["figure", "value", "limit", "ratio", "", "goal", "what the limit is"], ...rows];
  const widths = (all[0] as string[]).map((_, column) =>
    Math.max(...all.map((row) => (row[column] as string).length)),
  );
  const isNumber = (column: number): boolean => column >= 1 && column <= 3;
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return all.map(line).join("\n");
};

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
  },
});
const figures = wanted(values.only, values.full);
const results: Result[] = [];
for (const [index, figure] of figures.entries()) {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${index + 1}/${figures.length} ${figure.title}`);
  }
  results.push(await run(figure, values.quick));
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
console.log(values.json ? JSON.stringify(results, null, 2) : table(results));
