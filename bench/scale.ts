import { once } from "node:events";
import { cpSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Spread, spreadOf } from "./rounds.ts";
import { startRuntime } from "./runtime.ts";
import { CALL_CASES, type CallCase, Caller, TEXT_CASES } from "./scale/calls.ts";
import type { CallFigure, Compared, ScaleFigure, ScaleFigures, ScalePlan, TextIndex } from "./scale/figures.ts";
import { withKeptDatabases } from "./scale/kept-databases.ts";
import { type Measured, Shard, type Size } from "./scale/shard.ts";
import { apiKey, SERVER } from "./server.ts";

/**
 * A shard with a thousand jobs beside one with a million: a real server in workerd, measured by its callers and from
 * inside the object, both in turn. `npm run scale`; SCALE_JOBS and SCALE_ROUNDS make it shorter.
 */

const WORKER = { name: "edge-jobs-scale", config: "bench/scale/wrangler.toml" };
const FULL: ScalePlan = { jobs: 1_000_000, rounds: 25 };
const SMALL_JOBS = 1_000;
/** Jobs of each shard that have not settled: a listing that filters settled ones has to pass by them. */
const LIVE = 100;
/** Its index takes some 700. */
const LEAST_TEXT_BYTES = 300;
const TEXT_SEARCH = { TEXT_SEARCH: "on" };

function compared(smallMs: readonly number[], largeMs: readonly number[]): Compared {
  return {
    smallUs: spreadOf(smallMs).median * 1_000,
    largeUs: spreadOf(largeMs).median * 1_000,
    ratio: spreadOf(largeMs.map((ms, i) => ms / (smallMs[i] ?? Number.NaN))),
  };
}

/** Answers a webhook as most do, with nothing; `/fail` with 404. */
async function startService() {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(request.url === "/fail" ? 404 : 204).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}

type Pair<T> = { small: T; large: T };

/** Each operation on both shards in each round, so that whatever drifts meets all. */
async function inTurn<Operation, T>(
  operations: readonly Operation[],
  rounds: number,
  { small, large }: Pair<(operation: Operation) => Promise<T>>,
): Promise<[Operation, Pair<T[]>][]> {
  const seen = operations.map((operation): [Operation, Pair<T[]>] => [operation, { small: [], large: [] }]);
  // One more round than is counted: in the first, everything is cold.
  for (let round = 0; round <= rounds; round++) {
    for (const [operation, found] of seen) {
      const pair = { small: await small(operation), large: await large(operation) };
      if (round === 0) continue;
      found.small.push(pair.small);
      found.large.push(pair.large);
    }
  }
  return seen;
}

async function compareCalls(
  origin: string,
  { small, large }: Pair<Shard>,
  cases: readonly CallCase[],
  rounds: number,
): Promise<CallFigure[]> {
  const callerOf = async (shard: Shard) => {
    const key = await apiKey(Date.now(), shard.tenant);
    return new Caller(origin, key, await shard.call<string[]>("ids"));
  };
  const callers = { small: await callerOf(small), large: await callerOf(large) };
  const seen = await inTurn(cases, rounds, {
    small: (call) => callers.small.p50Ms(call),
    large: (call) => callers.large.p50Ms(call),
  });
  await Promise.all([callers.small.close(), callers.large.close()]);
  return seen.map(([{ name }, ms]) => ({ call: name, ...compared(ms.small, ms.large) }));
}

async function compareObjects({ small, large }: Pair<Shard>, rounds: number): Promise<ScaleFigure[]> {
  const reads = (await small.call<string[]>("cases")).map((name): [string, ...string[]] => ["read", name]);
  const operations: [method: string, ...args: string[]][] = [...reads, ["submits"], ["purges"]];
  const seen = await inTurn(operations, rounds, {
    small: (operation) => small.call<Measured>(...operation),
    large: (operation) => large.call<Measured>(...operation),
  });
  return seen.map(([[method, name = method], found]) => {
    const of = (which: keyof Pair<unknown>, field: keyof Measured) => found[which].map((each) => each[field]);
    const rowsOf = (which: keyof Pair<unknown>) => spreadOf(of(which, "rowsRead")).median;
    const rows = { rowsSmall: rowsOf("small"), rowsLarge: rowsOf("large") };
    return { operation: name, ...compared(of("small", "ms"), of("large", "ms")), ...rows };
  });
}

/** A server with these variables on the databases of the folder, and what is asked of it. */
async function served<T>(
  { vars = {}, state }: { vars?: Record<string, string>; state?: string },
  ask: (origin: string, shard: (tenant: string) => Shard) => Promise<T>,
): Promise<T> {
  const service = await startService();
  const spec = { ...WORKER, vars: { ...SERVER.vars, ...vars, HTTP_ALLOW: service.host } };
  const runtime = await startRuntime([spec], state === undefined ? {} : { state });
  try {
    const origin = await runtime.origin(WORKER.name);
    return await ask(origin, (tenant) => new Shard(origin, service.host, tenant));
  } finally {
    await runtime.stop();
    service.stop();
  }
}

const bothOf = (shard: (tenant: string) => Shard): Pair<Shard> => ({ small: shard("small"), large: shard("large") });
const plainIn = (folder: string) => join(folder, "plain");
const indexedIn = (folder: string) => join(folder, "indexed");

/** Two shards, and the same two with an index of their texts. */
async function fill(folder: string, jobs: number): Promise<TextIndex> {
  const before = await served({ state: plainIn(folder) }, async (_origin, shard) => {
    const { small, large } = bothOf(shard);
    await Promise.all([small.sow(), large.sow()]);
    await small.call("fill", SMALL_JOBS, LIVE);
    await large.call("fill", jobs, LIVE);
    return large.call<Size>("size");
  });
  cpSync(plainIn(folder), indexedIn(folder), { recursive: true });
  return served({ vars: TEXT_SEARCH, state: indexedIn(folder) }, async (_origin, shard) => {
    const { small, large } = bothOf(shard);
    const start = performance.now();
    for (const each of [small, large]) {
      while (await each.hasTextsLeft());
    }
    const textsPerSecond = (jobs * 1_000) / (performance.now() - start);
    const after = await large.call<Size>("size");
    const bytesPerText = (after.bytes - before.bytes) / jobs;
    if (bytesPerText < LEAST_TEXT_BYTES) throw new Error(`an index of ${bytesPerText} bytes a job is not whole`);
    return { bytesPerText, textsPerSecond };
  });
}

const bytesOfJobs = () =>
  served({}, async (_origin, shard) => {
    const [bytesPerJob, bytesPerKeyedJob] = await Promise.all([
      shard("plain").bytesOfJob(false),
      shard("keyed").bytesOfJob(true),
    ]);
    return { bytesPerJob, bytesPerKeyedJob };
  });

export async function measureScale({ jobs, rounds }: ScalePlan = FULL): Promise<ScaleFigures> {
  const bytes = await bytesOfJobs();
  const make = (folder: string) => fill(folder, jobs);
  return withKeptDatabases(jobs, Date.now(), make, async (folder, index) => {
    const plain = await served({ state: plainIn(folder) }, async (origin, shard) => {
      const shards = bothOf(shard);
      const size = await shards.large.call<Size>("size");
      if (size.jobs !== jobs) throw new Error(`${size.jobs} of ${jobs} jobs are there`);
      const calls = await compareCalls(origin, shards, CALL_CASES, rounds);
      const operations = await compareObjects(shards, rounds);
      return { calls, operations, bytesPerCopy: size.bytes / jobs };
    });
    const texts = await served({ vars: TEXT_SEARCH, state: indexedIn(folder) }, (origin, shard) =>
      compareCalls(origin, bothOf(shard), TEXT_CASES, rounds),
    );
    return { jobs: { small: SMALL_JOBS, large: jobs }, ...bytes, ...plain, texts: { calls: texts, ...index } };
  });
}

/** By the name that it has in the results: what it is, in the object and in whole calls. */
const IN_RESULTS: Record<string, string> = {
  status_1m_vs_1k: "status",
  list_1m_vs_1k: "list(50)",
  submit_1m_vs_1k: "submits",
  purge_1m_vs_1k: "purges",
  status_call_1m_vs_1k: "jobs_get_status",
  list_call_1m_vs_1k: "jobs_list",
  text_call_1m_vs_1k: "jobs_list by text",
  indexed_text_call_1m_vs_1k: "jobs_list by text that one has, made of what all have",
  stats_call_1m_vs_1k: "jobs_stats",
};

/** How many times what it takes with a thousand jobs. */
export function scaleSummary({ calls, operations, texts }: ScaleFigures): Record<string, Spread> {
  const ratios = new Map([
    ...[...calls, ...texts.calls].map(({ call, ratio }): [string, Spread] => [call, ratio]),
    ...operations.map(({ operation, ratio }): [string, Spread] => [operation, ratio]),
  ]);
  return Object.fromEntries(
    Object.entries(IN_RESULTS).flatMap(([name, measured]) => {
      const ratio = ratios.get(measured);
      return ratio === undefined ? [] : [[name, ratio] as const];
    }),
  );
}

const shown = ({ smallUs, largeUs, ratio: { median, low, high } }: Compared) => ({
  "small, us": Math.round(smallUs),
  "large, us": Math.round(largeUs),
  ratio: Number(median.toFixed(2)),
  quartiles: `${low.toFixed(2)} to ${high.toFixed(2)}`,
});

/** On the screen: all that was measured. */
export function showScale(figures: ScaleFigures): void {
  const { calls, operations, texts, ...rest } = figures;
  console.table([...calls, ...texts.calls].map(({ call, ...figure }) => ({ call, ...shown(figure) })));
  console.table(
    operations.map(({ operation, rowsSmall, rowsLarge, ...figure }) => ({
      ...{ operation, ...shown(figure) },
      ...{ "rows, small": rowsSmall, "rows, large": rowsLarge },
    })),
  );
  const { bytesPerText, textsPerSecond } = texts;
  console.log({ ...rest, bytesPerText, textsPerSecond });
}

if (import.meta.main) {
  const { SCALE_JOBS = FULL.jobs, SCALE_ROUNDS = FULL.rounds } = process.env;
  showScale(await measureScale({ jobs: Number(SCALE_JOBS), rounds: Number(SCALE_ROUNDS) }));
}
