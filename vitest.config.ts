import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { mutate } from "./tooling/mutate.ts";

/** Folders whose tests run inside the Workers runtime; tsconfig.json gives the same folders its types. */
const workerd = ["auth", "catalog", "egress", "http", "mcp", "registry", "runner", "service"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

/** Folders whose tests start real servers: one file at a time. */
const e2e = ["conformance", "e2e", "faults"].map((folder) => `test/${folder}/**/*.test.ts`);

/** The functional suites of the registry, which must not notice that its object is thrown out between any two calls. */
const evictable = [
  "test/registry/{*,{calls,dispatch,run,storage,watch}/*}.test.ts",
  "test/runner/{compose,http,run-blueprint}.test.ts",
];

/** What the harnesses read from the environment, which the Workers runtime does not show them. */
const HARNESS = ["BACKLOG", "BAIL", "FC_RUNS", "HISTORIES", "RECORD", "SEED", "SEEDS"];
const harness = Object.fromEntries(HARNESS.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));

/** `npm run mutants`: the server with a bug that the harnesses must find. */
const mutations = process.env.MUTANT ? [mutate(process.env.MUTANT)] : [];

/** For a machine that does other things, too: no test is about time, so only one that hangs meets it. */
const testTimeout = 60_000;

export default defineConfig({
  test: {
    // The cache does not know one bug from another.
    fsModuleCache: mutations.length === 0,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...workerd, ...e2e],
          isolate: false,
          maxWorkers: "100%",
          testTimeout,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [...mutations, cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: {
          name: "workerd",
          include: workerd,
          env: harness,
          isolate: false,
          maxWorkers: "100%",
          testTimeout,
          sequence: { groupOrder: 2 },
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: {
          name: "nemesis",
          include: evictable,
          exclude: [
            "test/registry/upgrade.test.ts",
            "test/registry/dispatch/engine.test.ts",
            "test/registry/storage/{job-cache,migrations,query-plans}.test.ts",
            "test/registry/watch/changes.test.ts",
          ],
          isolate: false,
          setupFiles: "test/registry/nemesis-figures.ts",
          testTimeout,
          env: { ...harness, NEMESIS: "1" },
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: "e2e",
          include: e2e,
          // For hours, not for every run: npm run soak.
          exclude: process.env.SOAK_MINUTES ? [] : ["test/faults/soak.test.ts"],
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
          testTimeout,
          hookTimeout: testTimeout,
        },
      },
    ],
  },
});
