/** `masq data export`: all entries of a namespace as lines of JSON, never more than a page of them in memory. */
import { MAX_PAGE_KEYS, type NamespaceId } from "@masq/core";
import { openDataLink } from "./admin-link.ts";
import type { Context } from "./context.ts";
import { readable, readPage } from "./data-pages.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { counted, remark, write } from "./output.ts";
import { openProgress } from "./progress.ts";
import { harmless, valueText } from "./value-json.ts";

export const exportData = async (context: Context, namespace: NamespaceId): Promise<void> => {
  await using link = await openDataLink(context, namespace);
  // Where the entries themselves go to a terminal, a progress line would only get in their way.
  const progress = process.stdout.isTTY ? undefined : openProgress();
  let gt: string | undefined;
  let exported = 0;
  let conflicts = 0;
  const unreadable: string[] = [];
  try {
    do {
      const page = await readPage(link, { prefix: undefined, gt, limit: MAX_PAGE_KEYS });
      const lines = page.entries.flatMap((entry) => {
        const found = readable(entry);
        if (entry.conflict) conflicts += 1;
        if (found === undefined) unreadable.push(entry.key);
        return found === undefined
          ? []
          : [`{"key":${valueText(entry.key)},"value":${valueText(found.value)}}\n`];
      });
      await write(lines.join(""));
      exported += lines.length;
      progress?.update(`${counted(exported, "entry", "entries")} exported`);
      gt = page.next;
    } while (gt !== undefined);
  } finally {
    progress?.end();
  }
  if (conflicts > 0)
    remark(
      `${counted(conflicts, "entry was", "entries were")} changed in two places at once: of each one value was exported, the others are kept in the store alone.`,
    );
  if (unreadable.length > 0) {
    throw new CommandError(
      EXIT.failed,
      "MASQ_VALUE_INVALID",
      `${counted(exported, "entry was", "entries were")} exported, and ${counted(unreadable.length, "one", "others")} left out, because what an app wrote there is not a value. The first of them: ${harmless(unreadable[0] as string)}`,
    );
  }
  if (process.stderr.isTTY) remark(`${counted(exported, "entry", "entries")} exported.`);
};
