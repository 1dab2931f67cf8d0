/** What the channel between two devices costs, with neither socket nor process: one record sealed and opened again. */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { nodePrimitives } from "@masq/node";
import { MAX_DATA_BYTES } from "../../packages/core/src/channel/record.ts";
import { ends } from "../../packages/core/src/testing/session-ends.ts";
import { atLeast, type Figure } from "../figure.ts";
import { interleaved } from "../measure.ts";

const CIPHER = "chacha20-poly1305";
const OPTIONS = { authTagLength: 16 };
/** Well under what a session may carry. */
const ROUND_BYTES = 64 * 1024 * 1024;

const perSecond = (times: number, action: () => void): number => {
  const start = performance.now();
  for (let time = 0; time < times; time += 1) action();
  return (times / (performance.now() - start)) * 1000;
};

const channel = (name: string, title: string, bytes: number, share: number): Figure => ({
  name,
  title,
  unit: "/s",
  limitTitle: "seal and open of bare ChaCha20-Poly1305, node:crypto",
  goal: atLeast(share, "bare AEAD"),
  measure: ({ rounds, of }) => {
    const data = randomBytes(bytes);
    const key = createSecretKey(randomBytes(32));
    const times = Math.min(of(20_000), Math.floor(ROUND_BYTES / bytes));
    return interleaved(rounds, {
      value: () => {
        const { a, b } = ends(1, nodePrimitives);
        return perSecond(times, () => void b.session.open(a.session.seal(data, 0), 0));
      },
      limit: () => {
        let number = 0;
        return perSecond(times, () => {
          const nonce = Buffer.alloc(12);
          nonce.writeUInt32LE((number += 1), 4);
          const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
          const sealed = [cipher.update(data), cipher.final()] as const;
          const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS);
          decipher.setAuthTag(cipher.getAuthTag());
          decipher.update(sealed[0]);
          decipher.final();
        });
      },
    });
  },
});

export const CHANNEL: readonly Figure[] = [
  channel("channel-64k", "records of 64 KiB through the channel", MAX_DATA_BYTES, 0.5),
  channel("channel-200", "records of 200 B through the channel", 200, 0.25),
];
