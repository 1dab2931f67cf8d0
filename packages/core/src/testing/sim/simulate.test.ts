import { describe, expect, it } from "vitest";
import { simulate, type SimulationOptions, type SimulationResult } from "./simulate.ts";

/** MASQ_TEST_SEED plays one life again; MASQ_TEST_FIRST_SEED goes where nobody has been. */
const replayed = process.env["MASQ_TEST_SEED"];
const first = Number(process.env["MASQ_TEST_FIRST_SEED"] ?? 0);
const times = process.env["MASQ_TEST_FULL"] === "1" ? 20 : 1;

const seedsOf = (count: number): number[] =>
  replayed === undefined
    ? Array.from({ length: count * times }, (_, index) => first + index)
    : [Number(replayed)];

/** A life takes about 13 ms. */
const DIRECT = seedsOf(1000);
/** About 120 ms each: some ten sessions, and every record of theirs sealed. */
const OVER_RELAYS = seedsOf(120);

/** Lives that once ended badly. */
const FOUND: readonly SimulationOptions[] = [
  // A damaged disk had lost its newest row: the cursor looked for it for ever.
  { seed: 3251, isDamaging: true },
  // A copy was made before the first write, and put back after it: the replica kept its id and gave its dots again.
  { seed: 20, putsBack: "in a new file" },
  { seed: 11, putsBack: "in a new file" },
  // A device put back had taken in more than it held, but written nothing: no peer would speak to it any more.
  { seed: 29, putsBack: "unnoticed" },
  // A forgotten write came from a peer that held it and could not claim it: all sessions ended there.
  { seed: 1386, putsBack: "unnoticed" },
  { seed: 2147, putsBack: "unnoticed" },
];

const PUTS_BACK = [undefined, "in a new file", "unnoticed"] as const;

const lifeOf = (seed: number): SimulationOptions => ({
  seed,
  isDamaging: seed % 6 === 5,
  putsBack: PUTS_BACK[seed % 6],
});

const lifeOverRelays = (seed: number): SimulationOptions => ({
  seed,
  relays: 1 + (seed % 2),
  putsBack: PUTS_BACK[seed % 3],
});

/** What happened in all of them. */
const live = async (lives: readonly SimulationOptions[]): Promise<SimulationResult> => {
  const total = { events: 0, writes: 0, crashes: 0, wipes: 0, putBacks: 0, sessions: 0 };
  for (const life of lives) {
    const result = await simulate(life);
    for (const name of Object.keys(total) as (keyof SimulationResult)[])
      total[name] += result[name];
  }
  if (process.env["MASQ_TEST_REPORT"] === "1") console.log(total);
  return total;
};

describe("the simulator", () => {
  it("finds no schedule in which a promise is broken", async () => {
    const { writes, sessions } = await live(DIRECT.map(lifeOf));
    expect(writes).toBeGreaterThan(DIRECT.length);
    expect(sessions).toBeGreaterThan(DIRECT.length);
  }, 1_200_000);

  it("finds none over relays and real channels", async () => {
    const { writes, sessions } = await live(OVER_RELAYS.map(lifeOverRelays));
    expect(writes).toBeGreaterThan(OVER_RELAYS.length);
    expect(sessions).toBeGreaterThan(OVER_RELAYS.length);
  }, 1_200_000);

  it("finds nothing any more where it once did", async () => {
    for (const life of FOUND) await simulate(life);
  });

  it("lives the same life again for the same seed", async () => {
    for (const life of [lifeOf(1), lifeOf(5), lifeOverRelays(1), lifeOverRelays(2)]) {
      expect(await simulate(life)).toEqual(await simulate(life));
    }
  });
});
