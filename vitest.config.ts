import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { buildUi } from "./tooling/build/build-ui.ts";
import { LongestFirst } from "./tooling/longest-first.ts";
import { mutate } from "./tooling/mutate.ts";
import { E2E, EVICTABLE, everyNth, leftOut, NOT_EVICTABLE, settingsOf, TIMED, WORKERD } from "./tooling/tiers.ts";

// Servers serve it.
await buildUi();

/** What the tier, or the environment, says of how often harnesses try. */
const env = settingsOf(process.env, Date.now());

/** Each runs in `workerd` in any case; NEMESIS_STRIDE=1 asks for all. */
const evicted = everyNth(
  globSync(EVICTABLE, { exclude: NOT_EVICTABLE }).toSorted(),
  Number(env.NEMESIS_STRIDE),
  Number(env.SEED),
);

/** `npm run mutants`: the server with a bug that the harnesses must find. */
const mutations = process.env.MUTANT ? [mutate(process.env.MUTANT)] : [];

/**
 * For a machine that does other things, too: no test is about time, so only one that hangs meets it. One that starts twenty
 * programs takes six seconds alone, and took a minute beside four others on a slow machine.
 */
const testTimeout = 120_000;
/** The same for what is waited for. */
const expectPoll = { poll: { timeout: 60_000 } };

/** One more than there are cores: some tests wait for a moment of the clock. */
const WORKERS = availableParallelism() + 1;

const cloudflare = () => cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } });

export default defineConfig({
  test: {
    // The cache does not know one bug from another.
    fsModuleCache: mutations.length === 0,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        plugins: mutations,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...WORKERD, ...E2E, ...leftOut(process.env)],
          env,
          isolate: false,
          maxWorkers: WORKERS,
          testTimeout,
          expect: expectPoll,
          setupFiles: "test/seeded-properties.ts",
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [...mutations, cloudflare()],
        test: {
          name: "workerd",
          include: WORKERD,
          exclude: leftOut(process.env),
          env,
          isolate: false,
          maxWorkers: WORKERS,
          testTimeout,
          expect: expectPoll,
          setupFiles: "test/seeded-properties.ts",
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [cloudflare()],
        test: {
          name: "nemesis",
          include: evicted,
          isolate: false,
          setupFiles: ["test/registry/nemesis-figures.ts", "test/seeded-properties.ts"],
          testTimeout,
          expect: expectPoll,
          env: { ...env, NEMESIS: "1" },
          maxWorkers: WORKERS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          include: E2E,
          globalSetup: [
            "test/support/bundled-server.ts",
            "test/support/shared-server.ts",
            "test/support/browser/unpack.ts",
          ],
          exclude: [...TIMED, ...leftOut(process.env)],
          env,
          isolate: false,
          // Most of their time they wait for a server.
          maxWorkers: 5,
          sequence: { groupOrder: 2 },
          testTimeout,
          expect: expectPoll,
          hookTimeout: testTimeout,
        },
      },
      {
        test: {
          name: "timed",
          include: TIMED,
          globalSetup: ["test/support/bundled-server.ts", "test/support/shared-server.ts"],
          exclude: leftOut(process.env),
          env,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
          testTimeout,
          expect: expectPoll,
          hookTimeout: testTimeout,
        },
      },
    ],
  },
});
