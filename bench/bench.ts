import { limitCases, serverCases, stockCases } from "./cases.ts";
import { startGenerator } from "./load/generator.ts";
import { measure, type Plan } from "./rounds.ts";
import { startRuntime } from "./runtime.ts";
import { apiKey, SERVER } from "./server.ts";

const PLAN: Plan = process.env.BENCH_QUICK
  ? { rounds: 3, connections: 16, ms: 500, warmMs: 150 }
  : { rounds: 9, connections: 16, ms: 1_000, warmMs: 200 };

const runtime = await startRuntime([
  { name: "bench-limits", config: "bench/limits/wrangler.toml" },
  { name: "bench-stock", config: "bench/peers/stock/wrangler.toml" },
  SERVER,
]);
const generator = startGenerator();
try {
  const now = Date.now();
  const key = await apiKey(now);
  const cases = [
    ...limitCases(await runtime.origin("bench-limits")),
    ...(await serverCases(await runtime.origin("edge-jobs"), key, now)),
    ...stockCases(await runtime.origin("bench-stock")),
  ];
  const figures = await measure(cases, PLAN, generator);
  console.table(
    figures.map((f) => ({
      name: f.name,
      rate: Math.round(f.perSecond.median),
      ratio: f.ratio.median.toFixed(2),
      low: f.ratio.low.toFixed(2),
      high: f.ratio.high.toFixed(2),
      p50: f.p50Ms.toFixed(2),
      p99: f.p99Ms.toFixed(2),
    })),
  );
} finally {
  generator.stop();
  await runtime.stop();
}
