import type { JobRow } from "../jobs/view.ts";
import { digest } from "../lib/digest.ts";
import type { Result } from "../lib/result.ts";
import type { ListQuery, Page, SubmitError, SubmitRequest, Submitted } from "../registry/api/caller.ts";
import type { ServiceContext } from "./context.ts";
import { mergePages } from "./merge-pages.ts";
import { anyShard, shardsOfHash } from "./shard-of-key.ts";

/** Calls that concern more than one shard of the tenant. */

/** Hexadecimal digits of a key's digest that place it: 32 bits. */
const HASH_DIGITS = 8;

async function shardsOfKey(key: string, shards: number): Promise<[number, ...number[]]> {
  if (shards === 1) return [0];
  return shardsOfHash(Number.parseInt((await digest(key)).slice(0, HASH_DIGITS), 16), shards);
}

/**
 * Submits to the shard that the request belongs to: any, or that of its idempotency key, if no earlier shard of the key
 * knows it.
 *
 * Two submits of one key meet in one shard, whose transaction decides. Where an earlier shard cannot answer, the submit
 * fails, rather than make a second job. Only while REGISTRY_SHARDS is being raised, when two versions of the Worker serve
 * at once, can a key get two jobs: if its submit is sent again within these seconds and the older version takes one of
 * the two, which asks no shard above its own number.
 */
export async function submitToShard(
  request: Omit<SubmitRequest, "shard">,
  context: ServiceContext,
): Promise<Result<Submitted, SubmitError>> {
  const { tenant, idempotency } = request;
  const submit = (shard: number) => context.registry(shard).submit({ ...request, shard });
  if (idempotency === null) return submit(anyShard(context.random(), context.shards));
  const [home, ...earlier] = await shardsOfKey(idempotency.key, context.shards);
  const answers = await Promise.all(earlier.map((shard) => context.registry(shard).findKey(tenant, idempotency)));
  return answers.find((answer) => answer !== null) ?? submit(home);
}

/** One listing over all shards that take new jobs, in the order of one. */
export async function listJobs(query: Omit<ListQuery, "tenant">, context: ServiceContext): Promise<Page<JobRow>> {
  const shards = Array.from({ length: context.shards }, (_, shard) => shard);
  const pages = await Promise.all(
    shards.map((shard) => context.registry(shard).list({ tenant: context.tenant, ...query })),
  );
  return mergePages(pages, query.limit);
}
