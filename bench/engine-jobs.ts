import { callTool } from "./client.ts";
import { type Spread, spreadOf } from "./rounds.ts";

/** Jobs of three http steps, from their submission to their end, beside a Workflow that does the same three requests. */
export interface EngineJobs {
  /** Jobs a second by those of the bare Workflow. */
  ratio: Spread;
  /** The same of instances of the engine that do nothing: no job that has an instance can be faster. */
  emptyRatio: Spread;
  jobsPerSecond: Spread;
  barePerSecond: Spread;
  emptyPerSecond: Spread;
  /** Metered steps by what ran, as the engine counted them. */
  steps: Record<string, number>;
}

interface Ends {
  /** Of the server, of the bare Workflow, and of what both ask. */
  server: string;
  bare: string;
  target: string;
  key: string;
}

/** At once, as the load has connections; the rest of a round queues behind them. */
const CONNECTIONS = 16;
const WAITED_AT_ONCE = 20;
const SHORT_STEPS = 20;
const ITEMS = 1_000;

const inParallel = async <T>(count: number, work: () => Promise<T>): Promise<T[]> => {
  const done: T[] = [];
  let left = count;
  const lane = async () => {
    while (left-- > 0) done.push(await work());
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  return done;
};

async function post<T>(url: string, body: object): Promise<T> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<T>;
}

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

class Jobs {
  readonly #ends: Ends;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  async submit(steps: object[]): Promise<string> {
    const { server, key } = this.#ends;
    const blueprint = { name: "bench", steps };
    return (await callTool<{ id: string }>(server, key, "jobs_submit_blueprint", { blueprint })).id;
  }

  async settled(ids: readonly string[]): Promise<void> {
    const { server, key } = this.#ends;
    const wait = async (job_ids: string[]) => {
      for (let timedOut = true; timedOut; ) {
        const args = { job_ids, until: "all", timeout_seconds: 50 };
        const seen = await callTool<{ jobs: { status: string }[]; timed_out: boolean }>(server, key, "jobs_wait", args);
        timedOut = seen.timed_out;
        const failed = timedOut ? undefined : seen.jobs.find(({ status }) => status !== "succeeded");
        if (failed !== undefined) throw new Error(`a job of the bench ${failed.status}`);
      }
    };
    for (const each of chunks(ids, WAITED_AT_ONCE)) await wait(each);
  }

  request(id: string): object {
    return { id, type: "http", method: "POST", url: this.#ends.target, body: { n: 1 } };
  }

  async threeSteps(count: number): Promise<number> {
    const steps = ["one", "two", "three"].map((id) => this.request(id));
    return rateOf(count, async () => this.settled(await inParallel(count, () => this.submit(steps))));
  }

  /** What the engine says that it did for one job of these steps. */
  async metered(steps: object[]): Promise<number> {
    const id = await this.submit(steps);
    await this.settled([id]);
    const counted = await post<{ steps: number[] }>(`${this.#ends.bare}/steps`, { ids: [`${id}-1`] });
    return counted.steps[0] ?? Number.NaN;
  }
}

async function rateOf(count: number, work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return (count / (performance.now() - from)) * 1_000;
}

/** @param url of the three requests; left out: the instances do nothing */
async function bareInstances({ bare }: Ends, count: number, url?: string): Promise<number> {
  return rateOf(count, async () => {
    const made = await inParallel(count, () => post<{ id: string }>(`${bare}/submit`, { url }));
    await post(`${bare}/settled`, { ids: made.map(({ id }) => id) });
  });
}

const perRound = (rates: readonly number[], limits: readonly number[]): Spread =>
  spreadOf(rates.map((rate, i) => rate / (limits[i] ?? 1)));

/** @param jobs of each round, on both sides */
export async function measureEngineJobs(ends: Ends, plan: { rounds: number; jobs: number }): Promise<EngineJobs> {
  const jobs = new Jobs(ends);
  const rates = { ours: [] as number[], bare: [] as number[], empty: [] as number[] };
  const sides = [
    async () => rates.ours.push(await jobs.threeSteps(plan.jobs)),
    async () => rates.bare.push(await bareInstances(ends, plan.jobs, ends.target)),
    async () => rates.empty.push(await bareInstances(ends, plan.jobs)),
  ];
  for (let round = 0; round <= plan.rounds; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) await side();
  }
  // The first round of each is its warm-up.
  const [ours, bare, empty] = [rates.ours.slice(1), rates.bare.slice(1), rates.empty.slice(1)];
  const short = Array.from({ length: SHORT_STEPS }, (_, i) => jobs.request(`s${i}`));
  const row = { id: "row", type: "http", method: "POST", url: ends.target, body: { n: "{% $item %}" } };
  const map = { id: "all", type: "map", over: `{% [1..${ITEMS}] %}`, concurrency: 20, steps: [row] };
  const three = ["one", "two", "three"].map((id) => jobs.request(id));
  const steps = {
    three_steps: await jobs.metered(three),
    [`short_steps_${SHORT_STEPS}`]: await jobs.metered(short),
    [`map_${ITEMS}`]: await jobs.metered([map]),
  };
  return {
    ratio: perRound(ours, bare),
    emptyRatio: perRound(empty, bare),
    jobsPerSecond: spreadOf(ours),
    barePerSecond: spreadOf(bare),
    emptyPerSecond: spreadOf(empty),
    steps,
  };
}
