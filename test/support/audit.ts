/** Looks into a store's database while no store runs: is everything there, and does the digest follow from it? */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  decodeValue,
  digestItem,
  DIGEST_BYTES,
  toHex,
  type NamespaceId,
  type Row,
} from "@masq/core";
import { nodePrimitives } from "@masq/node";
import { openSqliteStorage } from "@masq/node/sqlite";

export interface Audit {
  readonly valueByKey: ReadonlyMap<string, unknown>;
  readonly digest: string;
  /** The digest computed anew from the rows. */
  readonly computedDigest: string;
  readonly siblings: number;
  readonly quickCheck: string;
}

export const audit = async (directory: string, namespace: string): Promise<Audit> => {
  const key = new Uint8Array(readFileSync(join(directory, "store.key")));
  const storage = await openSqliteStorage({ file: join(directory, "store.db"), key });
  try {
    const id = namespace as NamespaceId;
    const rows: Row[] = [];
    for (let after = 0; ; after = (rows.at(-1) as Row).arrival) {
      const page = await storage.arrivals(id, after, 1000, 1 << 20);
      if (page.length === 0) break;
      rows.push(...page);
    }
    const computed = new Uint8Array(DIGEST_BYTES);
    for (const row of rows.filter(({ value }) => value !== null)) {
      digestItem(nodePrimitives, row).forEach(
        (byte, index) => (computed[index] = (computed[index] as number) ^ byte),
      );
    }
    const live = rows.filter((row) => row.value !== null);
    const state = await storage.state(id);
    return {
      valueByKey: new Map(live.map((row) => [row.key, decodeValue(row.value as Uint8Array)])),
      digest: toHex(state?.digest ?? new Uint8Array(0)),
      computedDigest: toHex(computed),
      siblings: live.length - new Set(live.map((row) => row.key)).size,
      quickCheck: await storage.quickCheck(),
    };
  } finally {
    await storage.close();
  }
};
