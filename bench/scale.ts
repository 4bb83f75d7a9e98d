import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { startRuntime } from "./runtime.ts";

/**
 * A shard with a thousand jobs beside one with a million: a real registry in workerd, measured from inside the object,
 * both in turn. `npm run scale`; SCALE_JOBS and SCALE_ROUNDS make it shorter.
 */

export interface ScalePlan {
  /** Of the large shard. */
  jobs: number;
  rounds: number;
}

export interface ScaleFigure {
  operation: string;
  /** Of one operation, in the median of the rounds. */
  smallUs: number;
  largeUs: number;
  ratio: number;
  rowsSmall: number;
  rowsLarge: number;
}

export interface ScaleFigures {
  jobs: { small: number; large: number };
  operations: ScaleFigure[];
  /** That a job of two steps adds, which the engine ran to its end. */
  bytesPerJob: number;
  /** The same of one that came with an idempotency key. */
  bytesPerKeyedJob: number;
  /** Of the whole large database, divided by its jobs. */
  bytesPerCopy: number;
}

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
  readonly #tenant: string;

  constructor(origin: string, service: string, tenant: string) {
    this.#origin = origin;
    this.#service = service;
    this.#tenant = tenant;
  }

  async call<T>(method: string, ...args: unknown[]): Promise<T> {
    const response = await fetch(this.#origin, {
      method: "POST",
      body: JSON.stringify([this.#tenant, method, ...args]),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.#tenant}, ${method}: ${text}`);
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

async function compare(small: Shard, large: Shard, rounds: number): Promise<ScaleFigure[]> {
  const reads = (await small.call<string[]>("cases")).map((name): [string, ...string[]] => ["read", name]);
  const operations: [method: string, ...args: string[]][] = [...reads, ["submits"], ["purges"]];
  const seen = operations.map(() => ({ small: [] as Measured[], large: [] as Measured[] }));
  // One more round than is counted: in the first, everything is cold.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, operation] of operations.entries()) {
      const pair = { small: await small.call<Measured>(...operation), large: await large.call<Measured>(...operation) };
      if (round === 0) continue;
      seen[i]?.small.push(pair.small);
      seen[i]?.large.push(pair.large);
    }
  }
  return operations.map(([method, name = method], i) => {
    const of = (which: "small" | "large", field: keyof Measured) =>
      median((seen[i]?.[which] ?? []).map((m) => m[field]));
    const [smallUs, largeUs] = [of("small", "ms") * 1_000, of("large", "ms") * 1_000];
    const rows = { rowsSmall: of("small", "rowsRead"), rowsLarge: of("large", "rowsRead") };
    return { operation: name, smallUs, largeUs, ratio: largeUs / smallUs, ...rows };
  });
}

export async function measureScale({ jobs, rounds }: ScalePlan = FULL): Promise<ScaleFigures> {
  const service = await startService();
  const runtime = await startRuntime([{ ...WORKER, vars: { HTTP_ALLOW: service.host } }]);
  try {
    const origin = await runtime.origin(WORKER.name);
    const shard = (tenant: string) => new Shard(origin, service.host, tenant);
    const bytesPerJob = await shard("plain").bytesOf(REAL.measured, false);
    const bytesPerKeyedJob = await shard("keyed").bytesOf(REAL.measured, true);
    const [small, large] = [shard("small"), shard("large")];
    await Promise.all([small.sow(), large.sow()]);
    await small.call("fill", SMALL_JOBS, LIVE);
    await large.call("fill", jobs, LIVE);
    const { bytes } = await large.call<Size>("size");
    const operations = await compare(small, large, rounds);
    const sizes = { small: SMALL_JOBS, large: jobs };
    return { jobs: sizes, operations, bytesPerJob, bytesPerKeyedJob, bytesPerCopy: bytes / jobs };
  } finally {
    await runtime.stop();
    service.stop();
  }
}

/** How many times what it takes with a thousand jobs, and the bytes that a settled one takes. */
export function scaleSummary({ operations, bytesPerJob }: ScaleFigures): Record<string, number> {
  const ratioOf = (name: string) =>
    Number((operations.find(({ operation }) => operation === name)?.ratio ?? Number.NaN).toFixed(2));
  return {
    status_1m_vs_1k: ratioOf("status"),
    list_1m_vs_1k: ratioOf("list(50)"),
    submit_1m_vs_1k: ratioOf("submits"),
    purge_1m_vs_1k: ratioOf("purges"),
    bytes_per_settled_job: Math.round(bytesPerJob),
  };
}

if (import.meta.main) {
  const { SCALE_JOBS = FULL.jobs, SCALE_ROUNDS = FULL.rounds } = process.env;
  const figures = await measureScale({ jobs: Number(SCALE_JOBS), rounds: Number(SCALE_ROUNDS) });
  const { operations, ...rest } = figures;
  console.table(
    operations.map(({ operation, smallUs, largeUs, ratio, rowsSmall, rowsLarge }) => ({
      operation,
      ...{ "small, us": Math.round(smallUs), "large, us": Math.round(largeUs), ratio: Number(ratio.toFixed(2)) },
      ...{ "rows, small": rowsSmall, "rows, large": rowsLarge },
    })),
  );
  console.log(rest, scaleSummary(figures));
}
