/** What keeps people out of a page, as far as a program can tell. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe-core has against the page as it is now (WCAG 2.2 A and AA, and its best practices), one line each. */
export const axeViolations = async (page: Page): Promise<string[]> => {
  // Not a script element: the page's policy allows none but its own.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
  );
};
