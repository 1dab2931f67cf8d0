/** Device logs out of operations that came in any order, of any circles, and perhaps not all. */
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import { codeOf } from "../errors.ts";
import { readOperation, type Operation, type OperationHash } from "./operation.ts";
import type { SignedItem } from "./signed-fields.ts";

/** By circle, each operation after its parents; those are left out whose past is not complete, and what is no operation. */
export const assembleLogs = (
  crypto: PeerPrimitives,
  items: Iterable<SignedItem>,
): Map<OperationHash, SignedItem[]> => {
  const logs = new Map<OperationHash, SignedItem[]>();
  const placed = new Set<OperationHash>();
  const waiting = new Map<OperationHash, Operation>();
  for (const item of items) {
    const operation = readIfSound(crypto, item);
    if (operation !== undefined) waiting.set(operation.hash, operation);
  }
  for (let isGrowing = true; isGrowing;) {
    isGrowing = false;
    for (const [hash, operation] of waiting) {
      if (!operation.parents.every((parent) => placed.has(parent))) continue;
      const circle = operation.circle ?? hash;
      const log = logs.get(circle) ?? [];
      log.push([operation.bytes, operation.signature]);
      logs.set(circle, log);
      placed.add(hash);
      waiting.delete(hash);
      isGrowing = true;
    }
  }
  return logs;
};

const readIfSound = (crypto: PeerPrimitives, item: SignedItem): Operation | undefined => {
  try {
    return readOperation(crypto, item);
  } catch (error) {
    if (codeOf(error) === "MASQ_MESSAGE_INVALID") return undefined;
    throw error;
  }
};
