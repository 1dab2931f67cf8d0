/**
 * Notices that a database is in another file than last time: it was copied, or put back from a copy. Its replicas may have
 * written more since than it knows of, so they go on under new ids (docs/sync.md, "Rollback").
 */
import { statSync } from "node:fs";
import { fromUtf8, succeedAll, utf8, type Host, type NamespaceId, type Storage } from "@masq/core";

const NOTE = "database-file";
/** Some file systems number their files anew each time: there this says nothing, and after so many starts it is left alone. */
const MAX_CHANGES = 3;

/** What a copy does not take with it. */
const identityOf = (file: string): string => {
  const { ino, birthtimeNs } = statSync(file, { bigint: true });
  return `${ino} ${birthtimeNs}`;
};

/**
 * To be called before any replica of the storage is opened. The identity of `file` is kept as a note of `namespace`. True
 * when the replicas have new ids.
 */
export const succeedIfCopied = async (
  host: Pick<Host, "random">,
  storage: Storage,
  { file, namespace }: { readonly file: string; readonly namespace: NamespaceId },
): Promise<boolean> => {
  const identity = identityOf(file);
  const note = await storage.note(namespace, NOTE);
  const [known, changes] = note === undefined ? [] : fromUtf8(note).split("; changed ");
  const isSame = known === identity;
  const count = isSame ? 0 : Number(changes ?? -1) + 1;
  const isCopied = !isSame && known !== undefined && count <= MAX_CHANGES;
  if (isCopied) await succeedAll(host, storage);
  // Behind it: a crash in between costs further ids and no more.
  if (!isSame || changes !== "0")
    await storage.update(namespace, {}, () => ({
      notes: [[NOTE, utf8(`${identity}; changed ${Math.min(count, MAX_CHANGES)}`)]],
      result: undefined,
    }));
  return isCopied;
};
