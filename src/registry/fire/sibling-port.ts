import { type Env, readSettings } from "../../env.ts";
import { askAsServer } from "../api/client.ts";
import type { Siblings } from "./siblings.ts";

/** @param name of the object, `<tenant>/<shard>`; one that does not know it tells nobody */
export function siblingPort(env: Env, name: string | undefined): Siblings | undefined {
  const [tenant, own] = name?.split("/") ?? [];
  if (tenant === undefined || own === undefined) return undefined;
  const ask = askAsServer(env.JOB_REGISTRY, tenant);
  return {
    shard: Number(own),
    shards: readSettings(env).shards,
    keepCopy: (shard, copy) => ask(shard, (registry, server) => registry.keepCopy(server, copy)),
    addSubscriber: (shard) => ask(shard, (registry, server) => registry.addSubscriber(server, Number(own))),
    readEvents: (shard, query) => ask(shard, (registry, server) => registry.readEvents(server, query, 0)),
    wakeShard: (shard) => ask(shard, (registry, server) => registry.wakeSubscriptions(server)),
    dropCopy: (shard, trigger, at) => ask(shard, (registry, server) => registry.dropCopy(server, trigger, at)),
  };
}
