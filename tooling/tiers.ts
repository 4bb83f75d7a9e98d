/**
 * What runs when: `npm run check` between two edits, `npm test` before a merge, `npm run test:full` before a release.
 * `test` and `full` run the same tests: what differs is how often a harness of faults tries, and how much of a sweep, or of
 * what runs a second time, one run takes. docs/reliability.md lists both.
 */

export const TIERS = ["check", "test", "full"] as const;
export type Tier = (typeof TIERS)[number];

/** Folders whose tests run inside the Workers runtime; tsconfig.json gives the same folders its types. */
export const WORKERD = ["auth", "catalog", "egress", "http", "mcp", "registry", "rest", "runner", "service"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

/** Folders whose tests start real servers. */
export const E2E = ["conformance", "e2e", "faults"].map((folder) => `test/${folder}/**/*.test.ts`);

/** Those of {@link E2E} that hold a time against a bound: nothing else of the run goes on beside one. */
export const TIMED = ["test/faults/heavy.test.ts", "test/e2e/{dashboard/speed,scenarios/load,scenarios/rates}.test.ts"];

/** The functional suites of the registry, which must not notice that its object is thrown out between any two calls. */
export const EVICTABLE = [
  "test/registry/{*,{calls,deliver,dispatch,fire,flow,run,storage,watch}/*}.test.ts",
  "test/runner/{compose,run-blueprint,keys/retry,step-kinds/http}.test.ts",
];
export const NOT_EVICTABLE = [
  "test/registry/upgrade.test.ts",
  "test/registry/deliver/{job-trace,trace-export}.test.ts",
  "test/registry/dispatch/engine.test.ts",
  "test/registry/storage/{job-cache,migrations,query-plans}.test.ts",
  "test/registry/watch/changes.test.ts",
];

/** Every so many of a list, others with the next seed: with so many seeds in a row all of them. */
export const everyNth = <T>(all: readonly T[], stride: number, seed: number): T[] =>
  all.filter((_, i) => (i + seed) % stride === 0);

/** vitest projects of each tier. `nemesis` runs suites of `workerd` a second time. */
export const PROJECTS: Record<Tier, readonly string[]> = {
  check: ["unit", "workerd"],
  test: ["unit", "workerd", "nemesis", "e2e", "timed"],
  full: ["unit", "workerd", "nemesis", "e2e", "timed"],
};

/**
 * Files that `check` leaves out, to end within a minute: harnesses that try random courses, and the longest of the others
 * (`vitest run --project unit --project workerd --reporter=json` says how long each takes).
 */
const SLOW = [
  "test/egress/secret-probes.test.ts",
  "test/expression/{boundaries,evaluation-budget,functions/random,runaway}.test.ts",
  "test/http/oauth-tokens.test.ts",
  "test/jobs/{flow/waiting-line,run/run.property}.test.ts",
  "test/mcp/{events/subscribe,fast/lanes}.test.ts",
  "test/packages/client.test.ts",
  "test/registry/{upgrade,bulk/many-failures,calls/{revocations,text-search}}.test.ts",
  "test/registry/dispatch/slots.test.ts",
  "test/registry/faults/{crash-points,events,linearizable,model,triggers}/{crash-points,events,linearizable,model,triggers}.test.ts",
  "test/registry/faults-engine/converge.test.ts",
  "test/registry/refusals/creation-limit.test.ts",
  "test/registry/storage/{job-counts,query-plans}.test.ts",
  "test/runner/step-kinds/{http-pages,unrolled}.test.ts",
  "test/runner/{boundaries,deadline,halted-rows,holdings,keys/*,plans/*,run-segments}.test.ts",
  "test/service/{cursor,raised-shards,shard-routing}.test.ts",
  "test/triggers/schedule.test.ts",
];

/** Files that begin first, the longest of each project before the others: what began late would be waited for. */
export const LONGEST = [
  "test/registry/dispatch/slots.test.ts",
  "test/expression/runaway.test.ts",
  "test/registry/faults/crash-points/crash-points.test.ts",
  "test/runner/deadline.test.ts",
  "test/registry/faults-engine/converge.test.ts",
  "test/service/shard-routing.test.ts",
  "test/registry/upgrade.test.ts",
  "test/triggers/schedule.test.ts",
  "test/registry/{faults/model/model,refusals/creation-limit}.test.ts",
  "test/e2e/{starts/events-rows,crash}.test.ts",
  "test/faults/{hook-kills,kill9,long-shapes}.test.ts",
  "test/e2e/{dashboard/*,packages,security/isolation,upgrade/*,starts/starts,security/hidden-text,tasks,scenarios/wait}.test.ts",
  "test/conformance/fixtures.test.ts",
];

const SOAK_FILE = "test/faults/soak.test.ts";

/** How often each harness tries: `full` at least as often as in release 0.1.0, `test` some hundredths. The variable overrides. */
export const BUDGETS = {
  FC_RUNS: { full: 1_000, test: 60, counts: "courses of the model" },
  HISTORIES: { full: 200, test: 20, counts: "histories of eight clients" },
  KEY_HISTORIES: { full: 10_000, test: 100, counts: "histories of a target that counts effects" },
  SEEDS: { full: 500, test: 30, counts: "seeds of engine faults" },
  BACKLOG: { full: 2_000, test: 200, counts: "jobs of the largest backlog" },
  LANES: { full: 2_500, test: 500, counts: "requests by both lanes" },
  PAGES: { full: 1_000, test: 100, counts: "pages that one step reads, over a death of its process" },
  ROUNDS: { full: 10_000, test: 200, counts: "rounds of one repeat, over three deaths of its process" },
  POINT_STRIDE: { full: 1, test: 10, counts: "crash points from one that is tried to the next" },
  KILL_CYCLES: { full: 20, test: 2, counts: "kills amid running jobs" },
  UPGRADE_KILLS: { full: 10, test: 2, counts: "kills while what release 0.1.0 left is started" },
  HOOK_KILLS: { full: 200, test: 10, counts: "kills amid deliveries to a hook" },
  LONG_SHAPES: { full: 100, test: 3, counts: "hundredths of 10 minutes of a step and of 1,000 rows" },
  EVENTS: { full: 1_000_000, test: 10_000, counts: "events that are told amid faults" },
  TRIGGER_COURSES: { full: 1_000, test: 30, counts: "courses of a schedule amid faults" },
  EVENT_KILLS: { full: 100, test: 3, counts: "kills amid events" },
  HEAVY_PLANS: { full: 23, test: 3, counts: "heavy plans of a tenant, beside which another one asks" },
  WORKER_STEPS: { full: 1_000_000, test: 100_000, counts: "steps of workers that are late, dead or double" },
  BATCH_KILLS: { full: 200, test: 8, counts: "kills at a write of a batch of a thousand" },
  FAILURES: { full: 50_000, test: 6_000, counts: "failures of one cause, which one call repairs" },
  FUZZ_REQUESTS: { full: 1_000, test: 100, counts: "malformed requests" },
  FACES: { full: 1_000, test: 200, counts: "calls by MCP and by REST" },
  TARGET_STRIDE: { full: 1, test: 10, counts: "foreign things from one that a probe asks for to the next" },
  TEXT_STRIDE: { full: 1, test: 5, counts: "hostile texts from one that is tried to the next" },
  NEMESIS_STRIDE: { full: 1, test: 4, counts: "files from one that the nemesis runs again to the next" },
  TASKS: { full: 1_000, test: 100, counts: "tasks that are asked for directly after they are named" },
  ZONE_YEARS: { full: 10, test: 1, counts: "years of changed clocks; from two on those of every zone" },
  ISOLATION_CALLS: { full: 2_000, test: 200, counts: "calls of two tenants under load" },
} as const satisfies Record<string, { full: number; test: number; counts: string }>;

/** Those of `npm run soak`, which no tier runs: it takes an hour. */
const SOAK = { SOAK_MINUTES: "60", BOOT_KILLS: "20" };

export type Setting = keyof typeof BUDGETS | keyof typeof SOAK | "SEED";
/** BAIL: the first finding is enough. NEMESIS: objects are evicted. RECORD: prints what a release shall record. */
export type Switch = "BAIL" | "NEMESIS" | "RECORD";

/** The tier that TIER names, `test` without it. */
export function tierOf({ TIER = "test" }: NodeJS.ProcessEnv): Tier {
  const tier = TIERS.find((name) => name === TIER);
  if (tier === undefined) throw new Error(`TIER is ${TIER}: it must be ${TIERS.join(", ")}`);
  return tier;
}

/** Files that the tier leaves out. The soak takes an hour: SOAK_MINUTES asks for it. */
export const leftOut = (env: NodeJS.ProcessEnv): string[] => [
  ...(tierOf(env) === "check" ? SLOW : []),
  ...(env.SOAK_MINUTES ? [] : [SOAK_FILE]),
];

/** A seed that moves from run to run; one that is given plays that run again. */
export const seedOf = ({ SEED }: NodeJS.ProcessEnv, now: number): string => SEED ?? String(now % 1_000_000);

/** All that harnesses read from the environment, for every project: the Workers runtime shows nothing of its own. */
export function settingsOf(env: NodeJS.ProcessEnv, now: number): Record<string, string> {
  const tier = tierOf(env) === "full" ? "full" : "test";
  const budgets = Object.entries(BUDGETS).map(([name, budget]) => [name, String(budget[tier])] as const);
  const defaults: Record<string, string> = { ...Object.fromEntries(budgets), ...SOAK, BAIL: "0", RECORD: "0" };
  const given = Object.keys(defaults).flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return { ...defaults, ...Object.fromEntries(given), SEED: seedOf(env, now) };
}
