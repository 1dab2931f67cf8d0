/** Core's Host on Node. */
import { randomBytes } from "node:crypto";
import { generatePrivateKey, softwareKey, type Clock, type Host } from "@masq/core";
import { nodePrimitives } from "./node-crypto.ts";

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

export const nodeHost: Host = {
  clock,
  random,
  crypto: nodePrimitives,
  generateKey: async () => {
    const privateKey = generatePrivateKey(random);
    const key = softwareKey(nodePrimitives, privateKey);
    privateKey.fill(0);
    return key;
  },
};
