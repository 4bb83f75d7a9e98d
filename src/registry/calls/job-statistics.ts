import { readSlotKey } from "../../jobs/flow/concurrency.ts";
import { jobIdFloor } from "../../jobs/id.ts";
import { type Failures, type Grouping, type LimitUse, mergedFailures, statisticsOf } from "../../jobs/statistics.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { FAILURES_PAGE, MAX_FAILURES_SCAN, MAX_QUEUE_SCAN, MAX_STATISTICS_SCAN } from "../../limits.ts";
import type { Caller } from "../api/caller.ts";
import type { QueueDepth, ShardStatistics, StatisticsApi } from "../api/statistics-calls.ts";
import type { RegistryContext } from "../context.ts";

/** What the jobs of the object have in common. Looks at a bounded number of rows, and writes none. */
export class JobStatistics implements StatisticsApi {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async statistics({ tenant }: Caller, since: number, grouping: Grouping | null): Promise<ShardStatistics> {
    const { jobs } = this.#context.tables;
    const rows = jobs.since(tenant, jobIdFloor(since), MAX_STATISTICS_SCAN + 1);
    const isWhole = rows.length <= MAX_STATISTICS_SCAN;
    const found = statisticsOf(rows.slice(0, MAX_STATISTICS_SCAN), grouping, this.#context.now() - since);
    return {
      ...found,
      failures: isWhole ? found.failures : await this.#failures(tenant, since),
      truncated: !isWhole,
      oldest_queued: jobs.oldestQueued(tenant) ?? null,
      queues: this.#queues(tenant),
      limits: this.#limits(tenant),
    };
  }

  /** Of all failed jobs, where not all jobs are looked at. */
  async #failures(tenant: string, since: number): Promise<Failures[]> {
    let failures: Failures[] = [];
    let looked = 0;
    for (const page of this.#context.tables.jobs.failures(tenant, jobIdFloor(since), FAILURES_PAGE)) {
      failures = mergedFailures([failures, statisticsOf(page, null).failures]);
      looked += page.length;
      if (looked >= MAX_FAILURES_SCAN) break;
      await yieldTurn();
    }
    return failures;
  }

  /** Of those whose home the object is, and of its places at the engine. */
  #limits(tenant: string): LimitUse[] {
    const { tables, admission, dispatcher } = this.#context;
    const slots = [...tables.slots.counts(tenant, MAX_QUEUE_SCAN)].map(([text, counts]): LimitUse => {
      const { of, key } = readSlotKey(text);
      return { limit: "concurrency", blueprint: of, key, ...counts };
    });
    if (!admission.limitsSlots) return slots;
    const { running } = admission;
    return [{ limit: "running_jobs", blueprint: null, key: null, running, waiting: dispatcher.waiting }, ...slots];
  }

  #queues(tenant: string): QueueDepth[] {
    const queues = new Map<string, QueueDepth>();
    for (const { queue, state, opened_at, worker } of this.#context.tables.offers.unended(tenant, MAX_QUEUE_SCAN)) {
      const depth = queues.get(queue) ?? { queue, open: 0, leased: 0, oldest: null, workers: [] };
      queues.set(queue, depth);
      if (state === "leased") {
        depth.leased += 1;
        // Those that did not say who they are count as one.
        const name = worker ?? "";
        if (!depth.workers.includes(name)) depth.workers.push(name);
      } else {
        depth.open += 1;
        depth.oldest = Math.min(depth.oldest ?? opened_at, opened_at);
      }
    }
    return [...queues.values()];
  }
}
