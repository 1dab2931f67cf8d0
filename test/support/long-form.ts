/** Tests of crashes and networks have a short form for every run and a long one for `npm run test:full`. */

export const IS_FULL: boolean = process.env["MASQ_TEST_FULL"] !== undefined;

/** Options of a test that starts and kills many processes, and waits for devices that keep away for a while. */
export const PATIENT = { timeout: IS_FULL ? 1_800_000 : 300_000 } as const;

/** So many, or in the long form so many. */
export const times = (short: number, full: number): number => (IS_FULL ? full : short);
