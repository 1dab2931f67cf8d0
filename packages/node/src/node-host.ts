/** Core's Host on Node. */
import { randomBytes } from "node:crypto";
import type { Clock, Host } from "@masq/core";
import { nodePrimitives } from "./node-crypto.ts";

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

export const nodeHost: Host = {
  clock,
  random: (length) => new Uint8Array(randomBytes(length)),
  crypto: nodePrimitives,
};
