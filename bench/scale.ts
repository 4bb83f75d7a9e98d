import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { startRuntime } from "./runtime.ts";
import { CALL_CASES, type CallCase, Caller, TEXT_CASES } from "./scale/calls.ts";
import type { CallFigure, Compared, ScaleFigure, ScaleFigures, ScalePlan, TextFigures } from "./scale/figures.ts";
import { apiKey, SERVER } from "./server.ts";

/**
 * A shard with a thousand jobs beside one with a million: a real server in workerd, measured by its callers and from
 * inside the object, both in turn. `npm run scale`; SCALE_JOBS and SCALE_ROUNDS make it shorter.
 */

interface Measured {
  ms: number;
  rowsRead: number;
}

interface Size {
  jobs: number;
  live: number;
  bytes: number;
}

const WORKER = { name: "edge-jobs-scale", config: "bench/scale/wrangler.toml" };
const FULL: ScalePlan = { jobs: 1_000_000, rounds: 25 };
const SMALL_JOBS = 1_000;
/** Jobs of each shard that have not settled: a listing that filters settled ones has to pass by them. */
const LIVE = 100;
/** Jobs that the engine runs; all others are copies of such. The first ones pay for the pages that every table begins. */
const REAL = { first: 100, measured: 300, others: 30, waiting: 5 };

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function compared(smallMs: readonly number[], largeMs: readonly number[]): Compared {
  const [smallUs, largeUs] = [median(smallMs) * 1_000, median(largeMs) * 1_000];
  return { smallUs, largeUs, ratio: largeUs / smallUs };
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

/** The object of one tenant: `Call` of bench/scale/worker.ts says what it can be asked. */
class Shard {
  readonly #origin: string;
  readonly #service: string;
  readonly tenant: string;

  constructor(origin: string, service: string, tenant: string) {
    this.#origin = origin;
    this.#service = service;
    this.tenant = tenant;
  }

  async call<T>(method: string, ...args: unknown[]): Promise<T> {
    const response = await fetch(this.#origin, {
      method: "POST",
      body: JSON.stringify([this.tenant, method, ...args]),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.tenant}, ${method}: ${text}`);
    return JSON.parse(text);
  }

  /** Real jobs: a sleep, then a webhook. @returns their ids, at once */
  submit(count: number, over: { path?: string; seconds?: number; days?: number; withKey?: boolean } = {}) {
    const { path = "/hook", seconds = 1, days = null, withKey = false } = over;
    const url = `http://${this.#service}${path}`;
    return this.call<string[]>("submitMany", { count, url, seconds, days, withKey });
  }

  async untilSettled(): Promise<Size> {
    for (;;) {
      const size = await this.call<Size>("size");
      if (size.live === 0) return size;
      await sleep(500);
    }
  }

  /** Bytes that each of some real jobs takes. */
  async bytesOf(count: number, withKey: boolean): Promise<number> {
    await this.submit(REAL.first, { withKey });
    const before = await this.untilSettled();
    await this.submit(count, { withKey });
    const after = await this.untilSettled();
    return (after.bytes - before.bytes) / count;
  }

  /** Real jobs of every kind, which {@link fill} copies. */
  async sow(): Promise<void> {
    await this.submit(REAL.others);
    await this.submit(REAL.others, { path: "/fail" });
    await this.call("cancelAll", await this.submit(REAL.others, { seconds: 600 }));
    await this.untilSettled();
    await this.submit(REAL.waiting, { days: 30 });
    await this.submit(REAL.waiting, { seconds: 30 * 86_400 });
    // Handed over and asleep.
    await sleep(5_000);
  }
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
  const callerOf = async (shard: Shard) =>
    new Caller(origin, await apiKey(Date.now(), shard.tenant), await shard.call<string[]>("ids"));
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
    const rows = { rowsSmall: median(of("small", "rowsRead")), rowsLarge: median(of("large", "rowsRead")) };
    return { operation: name, ...compared(of("small", "ms"), of("large", "ms")), ...rows };
  });
}

/** A server with these variables, and what starts there. */
async function served<T>(
  vars: Record<string, string>,
  measure: (origin: string, shard: (tenant: string) => Shard) => Promise<T>,
): Promise<T> {
  const service = await startService();
  const runtime = await startRuntime([{ ...WORKER, vars: { ...SERVER.vars, ...vars, HTTP_ALLOW: service.host } }]);
  try {
    const origin = await runtime.origin(WORKER.name);
    return await measure(origin, (tenant) => new Shard(origin, service.host, tenant));
  } finally {
    await runtime.stop();
    service.stop();
  }
}

async function filled(shard: (tenant: string) => Shard, jobs: number): Promise<Pair<Shard>> {
  const shards = { small: shard("small"), large: shard("large") };
  await Promise.all([shards.small.sow(), shards.large.sow()]);
  await shards.small.call("fill", SMALL_JOBS, LIVE);
  await shards.large.call("fill", jobs, LIVE);
  return shards;
}

/** With TEXT_SEARCH, which makes an index beside the jobs. */
const measureTexts = ({ jobs, rounds }: ScalePlan): Promise<TextFigures> =>
  served({ TEXT_SEARCH: "on" }, async (origin, shard) => {
    const shards = await filled(shard, jobs);
    const before = await shards.large.call<Size>("size");
    const start = performance.now();
    // The object ends with it.
    for (const each of [shards.small, shards.large]) await each.call("indexTexts").catch(() => undefined);
    const seconds = (performance.now() - start) / 1_000;
    const after = await shards.large.call<Size>("size");
    const calls = await compareCalls(origin, shards, TEXT_CASES, rounds);
    return { calls, bytesPerText: (after.bytes - before.bytes) / jobs, textsPerSecond: jobs / seconds };
  });

export async function measureScale(plan: ScalePlan = FULL): Promise<ScaleFigures> {
  const { jobs, rounds } = plan;
  const figures = await served({}, async (origin, shard) => {
    const bytesPerJob = await shard("plain").bytesOf(REAL.measured, false);
    const bytesPerKeyedJob = await shard("keyed").bytesOf(REAL.measured, true);
    const shards = await filled(shard, jobs);
    const { bytes } = await shards.large.call<Size>("size");
    const calls = await compareCalls(origin, shards, CALL_CASES, rounds);
    const operations = await compareObjects(shards, rounds);
    return { calls, operations, bytesPerJob, bytesPerKeyedJob, bytesPerCopy: bytes / jobs };
  });
  return { jobs: { small: SMALL_JOBS, large: jobs }, ...figures, texts: await measureTexts(plan) };
}

/** How many times what it takes with a thousand jobs, in the object and in whole calls, and the bytes that a settled one takes. */
export function scaleSummary({ calls, operations, bytesPerJob, texts }: ScaleFigures): Record<string, number> {
  const ratios = new Map([
    ...[...calls, ...texts.calls].map(({ call, ratio }): [string, number] => [call, ratio]),
    ...operations.map(({ operation, ratio }): [string, number] => [operation, ratio]),
  ]);
  const ratioOf = (name: string) => Number((ratios.get(name) ?? Number.NaN).toFixed(2));
  return {
    status_1m_vs_1k: ratioOf("status"),
    list_1m_vs_1k: ratioOf("list(50)"),
    submit_1m_vs_1k: ratioOf("submits"),
    purge_1m_vs_1k: ratioOf("purges"),
    status_call_1m_vs_1k: ratioOf("jobs_get_status"),
    list_call_1m_vs_1k: ratioOf("jobs_list"),
    text_call_1m_vs_1k: ratioOf("jobs_list by text"),
    indexed_text_call_1m_vs_1k: ratioOf("jobs_list by text that one has, made of what all have"),
    stats_call_1m_vs_1k: ratioOf("jobs_stats"),
    bytes_per_settled_job: Math.round(bytesPerJob),
  };
}

const shown = ({ smallUs, largeUs, ratio }: Compared) => ({
  "small, us": Math.round(smallUs),
  "large, us": Math.round(largeUs),
  ratio: Number(ratio.toFixed(2)),
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
  console.log({ ...rest, bytesPerText, textsPerSecond }, scaleSummary(figures));
}

/** With `texts` as its argument only that is measured. */
if (import.meta.main) {
  const { SCALE_JOBS = FULL.jobs, SCALE_ROUNDS = FULL.rounds } = process.env;
  const plan = { jobs: Number(SCALE_JOBS), rounds: Number(SCALE_ROUNDS) };
  if (process.argv.includes("texts")) console.log(await measureTexts(plan));
  else showScale(await measureScale(plan));
}
