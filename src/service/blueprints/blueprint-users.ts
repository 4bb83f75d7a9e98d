import type { ServiceContext } from "../context.ts";

/** Names of some triggers that run the blueprint. @param version null: any */
export async function triggersUsing(context: ServiceContext, name: string, version: number | null): Promise<string[]> {
  const found = await Promise.all(
    Array.from({ length: context.shards }, (_, shard) =>
      context.ask(shard, (registry, caller) => registry.triggersUsing(caller, name, version)),
    ),
  );
  return [...new Set(found.flat())];
}
