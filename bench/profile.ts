import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Inspector } from "../tooling/inspector.ts";
import { serverCases, staticCases } from "./cases.ts";
import { startGenerator } from "./load/generator.ts";
import { startRuntime } from "./runtime.ts";
import { apiKey, SERVER } from "./server.ts";

/** Where the time of one case goes: `node bench/profile.ts status_2026 [--out FILE.cpuprofile]`. */

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

const TOP = 45;
const LOAD = { connections: 16, warmMs: 1_000, ms: 4_000 };

/** Share of the samples by function, itself without what it calls. */
function selfTimes({ nodes, samples, timeDeltas }: Profile): [name: string, share: number][] {
  const names = new Map(
    nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName || "(anonymous)"}:${callFrame.lineNumber + 1}`]),
  );
  const sums = new Map<string, number>();
  samples.forEach((id, i) => {
    const name = names.get(id) ?? "?";
    sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[i] ?? 0));
  });
  const total = [...sums.values()].reduce((sum, each) => sum + each, 0);
  return [...sums].map(([name, sum]): [string, number] => [name, sum / total]).sort((a, b) => b[1] - a[1]);
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { out: { type: "string" } } });
const LIMITS = { name: "bench-limits", config: "bench/limits/wrangler.toml" };
const runtime = await startRuntime([{ ...SERVER, minify: false }, LIMITS], { inspectorPort: 0 });
const generator = startGenerator();
try {
  const now = Date.now();
  const [origin, key] = [await runtime.origin(SERVER.name), await apiKey(now)];
  const statics = await staticCases(origin, await runtime.origin(LIMITS.name), key);
  const cases = [...(await serverCases(origin, key, now)), ...statics];
  const chosen = cases.find(({ name }) => name === (positionals[0] ?? "status_2026"));
  if (chosen === undefined) throw new Error(`one of: ${cases.map(({ name }) => name).join(", ")}`);
  const inspector = await Inspector.open(new URL(`/core:user:${SERVER.name}`, await runtime.inspector()));
  await inspector.command("Profiler.enable");
  await inspector.command("Profiler.setSamplingInterval", { interval: 200 });
  await inspector.command("Profiler.start");
  const measured = await generator.measure({ ...chosen, ...LOAD });
  const { profile } = await inspector.command<{ profile: Profile }>("Profiler.stop");
  inspector.close();
  if (values.out !== undefined) writeFileSync(values.out, JSON.stringify(profile));
  console.log(`${chosen.name}: ${Math.round(measured.perSecond)} requests/s while it was watched`);
  for (const [name, share] of selfTimes(profile).slice(0, TOP))
    console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${name}`);
} finally {
  generator.stop();
  await runtime.stop();
}
