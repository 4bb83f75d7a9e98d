import { anyShard, shardsOfKey } from "../jobs/flow/shard-of-key.ts";
import type { SubmitError, SubmitRequest, Submitted } from "../registry/api/caller.ts";
import type { Answer, ServiceContext } from "./context.ts";

/** To which shard of the tenant a submit goes. */

interface Keyed<T> {
  /** What the shard answers to a key that it knows; null: it does not. */
  find: (shard: number) => Promise<T | null>;
  submit: (shard: number) => Promise<T>;
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
export async function toShardOfKey<T>(
  context: ServiceContext,
  key: string | null,
  { find, submit }: Keyed<T>,
): Promise<T> {
  if (key === null) return submit(anyShard(context.random(), context.shards));
  const [home, ...earlier] = await shardsOfKey(key, context.shards);
  const answers = await Promise.all(earlier.map(find));
  return answers.find((answer) => answer !== null) ?? submit(home);
}

/** Of one job. */
export function submitToShard(context: ServiceContext, request: SubmitRequest): Answer<Submitted, SubmitError> {
  const { idempotency } = request;
  return toShardOfKey(context, idempotency?.key ?? null, {
    find: async (shard) =>
      idempotency && context.ask(shard, (registry, caller) => registry.findKey(caller, idempotency)),
    submit: (shard) => context.ask(shard, (registry, caller) => registry.submit(caller, request)),
  });
}
