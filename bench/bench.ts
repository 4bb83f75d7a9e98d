import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, limitCases, serverCases, staticCases, stockCases } from "./cases.ts";
import { measureEngineJobs } from "./engine-jobs.ts";
import { measureExpressions } from "./expressions.ts";
import { measureLatencies } from "./latency.ts";
import { startGenerator } from "./load/generator.ts";
import { startPeers } from "./peers.ts";
import { chartOf } from "./report/chart.ts";
import { type Results, resultsOf } from "./report/results.ts";
import { tableOf } from "./report/table.ts";
import { measure, type Plan } from "./rounds.ts";
import { startRuntime } from "./runtime.ts";
import { measureScale, scaleSummary, showScale } from "./scale.ts";
import { apiKey, SERVER } from "./server.ts";
import { measureStartup } from "./startup.ts";

/** `npm run bench` measures all; `BENCH_QUICK=1` shortly, and then nothing is written. */
const isQuick = Boolean(process.env.BENCH_QUICK);

const PLAN: Plan = isQuick
  ? { rounds: 3, connections: 16, ms: 300, warmMs: 100, contextEvery: 3 }
  : { rounds: 10, connections: 16, ms: 250, warmMs: 250, contextEvery: 3 };
const JOBS = isQuick ? 10 : 50;
const ENGINE_JOBS = isQuick ? { rounds: 2, jobs: 10 } : { rounds: 7, jobs: 60 };
const SCALE = isQuick ? { jobs: 20_000, rounds: 5 } : { jobs: 1_000_000, rounds: 11 };
const STARTS = isQuick ? 1 : 3;
const EXPRESSIONS = isQuick ? { rounds: 5, times: 1_000 } : { rounds: 25, times: 5_000 };

const worker = (name: string) => ({ name: `bench-${name}`, config: `bench/${name}/wrangler.toml` });
const LIMITS = worker("limits");
const STOCK = worker("stock");
const ROWS = worker("rows");
const ENGINE = worker("engine");

async function measureAll() {
  const runtime = await startRuntime([LIMITS, STOCK, ROWS, SERVER, ENGINE]);
  const generator = startGenerator();
  const peers = await startPeers();
  try {
    const now = Date.now();
    const [key, origin, bare] = [
      await apiKey(now),
      await runtime.origin(SERVER.name),
      await runtime.origin(LIMITS.name),
    ];
    const cases = [
      ...limitCases(bare),
      ...(await serverCases(origin, key, now)),
      ...(await staticCases(origin, bare, key)),
      ...[...stockCases(await runtime.origin(STOCK.name)), ...peers.cases].map(
        (each): Case => ({ ...each, isContext: true }),
      ),
    ];
    const counted = (await (await fetch(await runtime.origin(ROWS.name))).json()) as Pick<Results, "rows" | "claims">;
    const target = `${bare}/echo`;
    const latency = await measureLatencies(origin, key, target, JOBS);
    const figures = await measure(cases, PLAN, generator);
    const ends = { server: origin, bare: await runtime.origin(ENGINE.name), target, key };
    const engine = await measureEngineJobs(ends, ENGINE_JOBS);
    return { figures, ...counted, latency, engine, skipped: peers.skipped };
  } finally {
    generator.stop();
    peers.stop();
    await runtime.stop();
  }
}

const began = performance.now();
const startup = measureStartup(STARTS);
const expressions = await measureExpressions(EXPRESSIONS);
const measured = await measureAll();
const scale = await measureScale(SCALE);
const scaled = { scale: scaleSummary(scale), bytesPerJob: scale.bytesPerJob };
const ms = performance.now() - began;
const results = resultsOf({ ...measured, ...scaled, expressions, plan: PLAN, startup, ms }, Date.now());
showScale(scale);
console.log(`\n${tableOf(results)}`);
if (!isQuick) {
  writeFileSync(join(import.meta.dirname, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(import.meta.dirname, "chart.svg"), chartOf(results));
}
