import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const conditions = ["@masq/source", "node", "import", "default"];
const resolve = { conditions };

export default defineConfig({
  test: {
    // By default one fewer than processors; but most scenarios wait for processes of their own, so two share even one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          name: "architecture",
          include: ["test/architecture/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        // For a machine that is busy with other things: no test here is about how long it takes.
        test: {
          name: "unit",
          include: ["{packages,examples}/*/src/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: "scenarios",
          include: ["test/{vectors,scenarios,faults,browser}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
