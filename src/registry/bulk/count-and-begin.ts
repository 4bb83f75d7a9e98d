import { startedBulk } from "../../jobs/bulk.ts";
import { type Failures, mergedFailures, statisticsOf, statisticsRow } from "../../jobs/statistics.ts";
import { toJobRow } from "../../jobs/view.ts";
import type { JsonObject } from "../../lib/json.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { BULK_COUNT_PAGES, BULK_SAMPLE, MAX_LIST_SCAN, MAX_SHOWN_CAUSES } from "../../limits.ts";
import type { BulkApi, BulkCount, BulkRequest } from "../api/batch-calls.ts";
import type { Caller } from "../api/caller.ts";
import { findJobs } from "../calls/list-jobs.ts";
import type { RegistryContext } from "../context.ts";
import { createBulk } from "../dispatch/create-bulk.ts";
import { actedOn } from "./acted-on.ts";

/** Counts what an action would be done to, and begins it. */
export class BulkCalls implements BulkApi {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async bulk({ tenant, shard, actor }: Caller, request: BulkRequest, isDry: boolean): Promise<BulkCount> {
    const { store, now } = this.#context;
    const count = await this.#count(tenant, request);
    if (isDry || count.matched === 0) return count;
    const whose = { tenant, shard, submitted_by: actor, retried_from: null };
    const asked: JsonObject = JSON.parse(JSON.stringify(request));
    const bulk = startedBulk(request.action, count.matched);
    const { job_id } = store.transact(() => createBulk(this.#context, whose, asked, bulk, now()));
    return { ...count, bulk_id: job_id };
  }

  async #count(tenant: string, request: BulkRequest): Promise<BulkCount> {
    const count: BulkCount = { matched: 0, truncated: false, sample: [], by_error: [], bulk_id: null };
    let causes: Failures[] = [];
    let after: string | null = null;
    for (let pages = 0; pages === 0 || after !== null; pages++) {
      if (pages === BULK_COUNT_PAGES) return { ...count, truncated: true };
      if (pages > 0) await yieldTurn();
      const query = { ...request.where, limit: MAX_LIST_SCAN, after };
      const page = findJobs(this.#context.tables, tenant, query);
      const found = page.jobs.flatMap((job) => actedOn(this.#context, job, request) ?? []);
      count.matched += found.length;
      count.sample.push(...found.slice(0, BULK_SAMPLE - count.sample.length).map(toJobRow));
      causes = mergedFailures([causes, statisticsOf(found.map(statisticsRow), null).failures]);
      count.by_error = causes.slice(0, MAX_SHOWN_CAUSES);
      after = page.next_after;
    }
    return count;
  }
}
