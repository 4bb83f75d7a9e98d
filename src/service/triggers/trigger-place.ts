import { shardsOfKey } from "../../jobs/flow/shard-of-key.ts";
import type { ServiceContext } from "../context.ts";

/** With the shard that it lies in. */
export type Placed<T> = T & { shard: number };

/**
 * The shard of a trigger: where it is, also from before shards were raised; one that there is not yet goes where its name
 * says.
 */
export async function shardOfTrigger(context: ServiceContext, name: string): Promise<number> {
  const [home, ...earlier] = await shardsOfKey(name, context.shards);
  const found = await Promise.all(
    earlier.map(async (shard) => ({
      shard,
      trigger: await context.ask(shard, (registry, caller) => registry.findTrigger(caller, name)),
    })),
  );
  return found.find(({ trigger }) => trigger !== null && !trigger.is_copy)?.shard ?? home;
}
