import { callbackPost } from "../../egress/callbacks.ts";
import { keyNameOf, keyNames, openText, sealAgain } from "../../egress/sealed-text.ts";
import { homeOf } from "../../egress/self-call.ts";
import { type Env, readSettings } from "../../env.ts";
import { askAsServer } from "../api/client.ts";
import type { EventPage, EventQuery } from "../api/event-calls.ts";
import type { DeliveryPort } from "./delivery-port.ts";

const FOR = "edge-jobs callback secret v1";

/**
 * @param name of the object, `<tenant>/<shard>`; one that does not know it sends nothing
 * @param readOwn reads the object's own log
 */
export function callbackPort(
  env: Env,
  name: string | undefined,
  readOwn: (query: EventQuery) => Promise<EventPage>,
): DeliveryPort | undefined {
  const [tenant, own] = name?.split("/") ?? [];
  const { secrets, shards, eventsAllow } = readSettings(env);
  if (tenant === undefined || own === undefined || secrets === undefined) return undefined;
  const shard = Number(own);
  const ask = askAsServer(env.JOB_REGISTRY, tenant);
  return {
    shard,
    shards,
    readEvents: (from, query) =>
      from === shard ? readOwn(query) : ask(from, (registry, server) => registry.readEvents(server, query, 0)),
    openSecret: (sealed, subscriptionId) => openText(secrets, FOR, sealed, subscriptionId),
    resealSecret: async (sealed, subscriptionId) => {
      const isOfToday = keyNameOf(sealed) === (await keyNames(secrets)).current;
      return isOfToday ? undefined : sealAgain(secrets, FOR, sealed, subscriptionId);
    },
    post: async (...request) => {
      const home = await homeOf(env.AUTH_SECRET, () => crypto.randomUUID());
      return callbackPost(eventsAllow, home, Date.now)(...request);
    },
  };
}
